"""What a run of chaos came to, as figures for programs and as lines for people."""

import statistics


def of(chaos, seed, length, delivered, seconds, talk):
    done = [hit for hit in chaos.hits if hit.at is not None]
    kinds = sorted({hit.kind for hit in done})
    return {
        "seed": seed,
        "kills_planned": len(chaos.hits),
        "kills": len(done),
        "bytes_each_way": length,
        "bytes_delivered": delivered,
        "seconds": round(seconds, 2),
        "mib_per_second_each_way": round(min(delivered) / seconds / (1 << 20), 2),
        "by_kind": {kind: _kind([hit for hit in done if hit.kind == kind]) for kind in kinds},
        "messages": len(talk.heard),
        "message_latency_ms": _figures(talk.latencies()),
        "faults": chaos.faults,
        "hits": [vars(hit) for hit in done],
    }


def _kind(hits):
    return {"count": len(hits),
            "resumed_ms": _figures([hit.resumed for hit in hits if hit.resumed is not None]),
            "bulk_stalled_ms": _figures([hit.stalled for hit in hits if hit.stalled is not None])}


def _figures(seconds):
    if not seconds:
        return None
    ordered = sorted(seconds)
    figures = {"p50": statistics.median(ordered), "p99": ordered[int(0.99 * (len(ordered) - 1))],
               "max": ordered[-1]}
    return {name: round(value * 1000, 1) for name, value in figures.items()}


def lines(report):
    yield (f"{report['kills']} of {report['kills_planned']} hits, seed {report['seed']}: "
           f"{' and '.join(f'{n:,}' for n in report['bytes_delivered'])} of {report['bytes_each_way']:,} bytes "
           f"delivered in {report['seconds']} s ({report['mib_per_second_each_way']} MiB/s each way)")
    if report["by_kind"]:
        yield f"{'':12}{'hits':>6}{'until bytes move again, ms':>33}{'longest pause of bulk, ms':>32}"
    for kind, found in report["by_kind"].items():
        yield (f"{kind:12}{found['count']:6}{_columns(found['resumed_ms']):>33}"
               f"{_columns(found['bulk_stalled_ms']):>32}")
    yield f"{report['messages']} messages, there and back, ms: {_columns(report['message_latency_ms'])}"
    for fault in report["faults"]:
        yield f"FAULT: {fault}"
    if not report["faults"]:
        yield "Every byte and every message arrived once, in order, on connections that never broke."


def _columns(figures):
    if figures is None:
        return "-"
    return f"p50 {figures['p50']:g}, max {figures['max']:g}"
