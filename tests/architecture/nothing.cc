// A program that does nothing: what it contains is what it was linked with.
int main() {}
