package io.loop.event;

/// The base class of benchmarks under its former name.
public abstract class LoopBenchmark extends io.loop.benchmark.LoopBenchmark {}
