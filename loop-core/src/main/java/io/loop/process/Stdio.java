package io.loop.process;

/// Where one of a child's standard streams goes.
///
/// Source: `asyncio.subprocess.PIPE`, `DEVNULL` and `STDOUT`, Python 3.15.
public enum Stdio {
  /// To this process, as a stream.
  PIPE,
  /// Nowhere; a child that reads gets the end at once.
  DEVNULL,
  /// Where this process's own goes.
  INHERIT,
  /// Where the child's standard output goes; for standard error only.
  STDOUT
}
