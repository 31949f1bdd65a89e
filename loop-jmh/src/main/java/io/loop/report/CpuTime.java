package io.loop.report;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// The processor time of the whole JVM for one operation, as the figure `cpu`.
///
/// For operations that wait, or use several threads: elapsed time says little about them. It
/// includes the JIT compiler and the garbage collector.
public final class CpuTime {

  /*
   * The system counts in steps of ten milliseconds, far too coarse for one invocation. So the
   * figure covers all invocations since reset().
   */

  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private long begun;
  private long nanos;
  private long operations;

  /// Discards the measurements; before each iteration.
  public void reset() {
    nanos = 0;
    operations = 0;
  }

  /// Starts to measure.
  public void begin() {
    begun = SYSTEM.getProcessCpuTime();
  }

  /// Ends the measurement that [#begin] started, and sets the figure.
  ///
  /// @param operations how many operations there were in between
  public void end(long operations) {
    this.nanos += SYSTEM.getProcessCpuTime() - begun;
    this.operations += operations;
    Figures.set("cpu", (double) nanos / this.operations, "ns/op");
  }
}
