package io.loop.process;

/// Where one of a child's standard streams is connected to.
///
/// Source: `asyncio.subprocess.PIPE`, `DEVNULL` and `STDOUT`, Python 3.15.
public enum Stdio {
  /// To this process, as a stream.
  PIPE,
  /// Nowhere: output is discarded, and a child that reads gets the end immediately.
  DEVNULL,
  /// The corresponding stream of this process.
  INHERIT,
  /// The child's standard output; for standard error only.
  STDOUT
}
