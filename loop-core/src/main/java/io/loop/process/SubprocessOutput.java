package io.loop.process;

import org.jspecify.annotations.Nullable;

/// All that a child wrote.
///
/// @param stdout what it wrote to standard output; null if that is no pipe
/// @param stderr what it wrote to standard error; null if that is no pipe
@SuppressWarnings("ArrayRecordComponent") // two outputs are not compared
public record SubprocessOutput(byte @Nullable [] stdout, byte @Nullable [] stderr) {}
