package io.loop.conformance;

/// How a scenario is run; the trace must not tell.
enum Mode {
  /// A tick for each look at the outside world, as asyncio does.
  STRICT,
  /// The same in debug mode.
  DEBUG,
  /// As programs run: several ticks at once, and ticks left out that would run nothing else.
  MANY_TICKS
}
