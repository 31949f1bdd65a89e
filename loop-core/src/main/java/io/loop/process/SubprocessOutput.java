package io.loop.process;

import org.jspecify.annotations.Nullable;

/// The complete output of a child.
///
/// @param stdout what it wrote to standard output; null if that is not a pipe
/// @param stderr what it wrote to standard error; null if that is not a pipe
@SuppressWarnings("ArrayRecordComponent") // two outputs are not compared
public record SubprocessOutput(byte @Nullable [] stdout, byte @Nullable [] stderr) {}
