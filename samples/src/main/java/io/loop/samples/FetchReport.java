package io.loop.samples;

import static io.loop.Asyncio.sleep;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/// What [Fetch] prints: a line for each URL, a progress bar on a terminal, and a summary.
final class FetchReport {

  private static final Duration REDRAWING = Duration.ofMillis(100);
  private static final int BAR = 30;
  private static final String ERASE = "\r\u001B[K";

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean hasBar;
  private final int total;
  private final long start = System.nanoTime();
  private int succeeded;
  private int failed;
  private int attempts;
  private long bytes;

  /// Creates a report.
  ///
  /// @param hasBar whether the output is a terminal
  /// @param total the number of URLs
  FetchReport(PrintWriter out, PrintWriter err, boolean hasBar, int total) {
    this.out = out;
    this.err = err;
    this.hasBar = hasBar;
    this.total = total;
  }

  boolean hasBar() {
    return hasBar;
  }

  void attempted() {
    attempts++;
  }

  void succeeded(FetchUrl url, long size, String hash) {
    succeeded++;
    bytes += size;
    erase();
    out.println(hash + " " + size + " " + url.text());
    out.flush();
  }

  void failed(FetchUrl url, Throwable fault) {
    failed++;
    String reason =
        fault.getMessage() == null ? fault.getClass().getSimpleName() : fault.getMessage();
    erase();
    err.println("failed: " + url.text() + ": " + reason.replaceAll("\\p{Cc}", " "));
    err.flush();
  }

  int failures() {
    return failed;
  }

  /// Draws the bar until it is cancelled.
  void drawAll() {
    for (; ; ) {
      draw();
      sleep(REDRAWING);
    }
  }

  private void draw() {
    int filled = (int) ((long) BAR * (succeeded + failed) / total);
    out.printf(
        Locale.ROOT,
        "%s[%s%s] %d/%d, %.1f MB, %d failed",
        ERASE,
        "#".repeat(filled),
        ".".repeat(BAR - filled),
        succeeded + failed,
        total,
        bytes / 1e6,
        failed);
    out.flush();
  }

  private void erase() {
    if (hasBar) {
      out.print(ERASE);
      out.flush();
    }
  }

  /// Prints the summary.
  ///
  /// @param connections how many connections were opened
  void end(int connections) {
    erase();
    out.printf(
        Locale.ROOT,
        "urls=%d succeeded=%d failed=%d attempts=%d connections=%d bytes=%d seconds=%.3f%n",
        total,
        succeeded,
        failed,
        attempts,
        connections,
        bytes,
        (System.nanoTime() - start) / 1e9);
    out.flush();
  }
}
