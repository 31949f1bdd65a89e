package io.loop.report;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// The processor time of the whole JVM for one operation, as the figure `cpu`.
///
/// For what waits in between, or is done by several threads: there the time on the clock says
/// little. It includes what the compiler and the collector do meanwhile.
public final class CpuTime {

  /*
   * The system counts in steps of ten milliseconds, far too coarse for one invocation. So the figure
   * is that of all invocations since reset().
   */

  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private long begun;
  private long nanos;
  private long operations;

  /// Forgets what was measured; before each iteration.
  public void reset() {
    nanos = 0;
    operations = 0;
  }

  /// Begins to measure.
  public void begin() {
    begun = SYSTEM.getProcessCpuTime();
  }

  /// Ends what [#begin] began, and sets the figure.
  ///
  /// @param operations how many operations there were in between
  public void end(long operations) {
    this.nanos += SYSTEM.getProcessCpuTime() - begun;
    this.operations += operations;
    Figures.set("cpu", (double) nanos / this.operations, "ns/op");
  }
}
