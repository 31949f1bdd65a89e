package io.loop.watchdog;

import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The reports about one spell. [#tell] and [#tellEnd] run on the reporting thread.
final class SpellReport {

  /*
   * `text` is set by the reporting thread while it logs. If it is still set after the limit, the
   * logger is held up too, perhaps by the same lock. Then the watching thread, which owns the
   * last three fields, writes the text where no lock is needed.
   */

  private static final System.Logger LOG = System.getLogger("io.loop");

  private final WatchedLoop loop;
  private final Spell told;
  private volatile @Nullable String text;
  private boolean isLogged;
  private @Nullable String seenText;
  private long seenNanos;
  private boolean isPrinted;

  SpellReport(WatchedLoop loop, Spell told) {
    this.loop = loop;
    this.told = told;
  }

  void tell() {
    if (!loop.goesOn(told)) {
      return;
    }
    String made = HoldUpReport.of(loop, told, seconds(loop.nanoTime()));
    if (!loop.goesOn(told)) {
      return; // the report may contain facts from after the spell
    }
    text = made;
    try {
      LOG.log(Level.WARNING, made);
      isLogged = true;
    } finally {
      text = null;
    }
  }

  void tellEnd(long now) {
    if (isLogged) {
      LOG.log(Level.WARNING, "An event loop that was held up continues, after " + seconds(now));
    }
  }

  private String seconds(long now) {
    return TimeUnit.NANOSECONDS.toSeconds(now - told.beganNanos()) + " s";
  }

  void printIfStuck(long now) {
    String logging = text;
    if (logging == null || !logging.equals(seenText)) {
      seenText = logging;
      seenNanos = now;
      isPrinted = false;
    } else if (!isPrinted && now - seenNanos >= HoldUps.limitNanos()) {
      isPrinted = true;
      HoldUps.print(logging + "\n  the logger is held up too");
    }
  }
}
