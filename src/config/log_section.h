// The [log] section, the same in every program that has one. Header only: whoever
// includes it sees the log's room as well as this one.
#pragma once

#include "config/forms.h"
#include "log/log.h"

namespace tasuki::config {

inline Table<log::Settings> log_table() {
  using log::Level;
  using log::Settings;
  return Table<Settings>()
      .field("directory", &Settings::directory, path(),
             {"Where the log files are written; relative to this file's directory. Empty: to the "
              "journal under systemd, else to standard error.",
              "ログファイルを書き込むディレクトリ（相対パスはこのファイルの場所から）。"
              "空の場合、systemd の下ではジャーナルへ、それ以外では標準エラー出力へ書きます。"})
      .field("prefix", &Settings::prefix, name(),
             {"What the log files' names begin with: GW makes GW001.log, GW002.log and so on.",
              "ログファイル名の先頭。GW なら GW001.log、GW002.log … となります。"})
      .field("file_mebibytes", &Settings::file_mebibytes, size(1, 4096),
             {"A file is closed, and the next one begun, when it has reached this many MiB.",
              "ファイルがこの大きさ（MiB）に達すると次のファイルに移ります。"})
      .field("files", &Settings::files, size(1, 999),
             {"How many files are kept; the oldest is removed.",
              "残すファイルの数。古いものから削除されます。"})
      .field("level", &Settings::level,
             choice<Level>({{"debug", Level::debug},
                            {"info", Level::info},
                            {"warning", Level::warning},
                            {"error", Level::error}}),
             {"The least important events that are still written.",
              "記録するイベントの最低の重要度。"});
}

}  // namespace tasuki::config
