/// What a JMH benchmark of coroutines needs. `docs/benchmarking.md` shows a project that uses it.
///
/// A benchmark extends [io.loop.benchmark.LoopBenchmark], which has the JVM's settings, and takes
/// an [io.loop.benchmark.OneLoop], which runs its bodies.
@NullMarked
package io.loop.benchmark;

import org.jspecify.annotations.NullMarked;
