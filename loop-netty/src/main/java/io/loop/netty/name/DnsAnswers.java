package io.loop.netty.name;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The answers that a loop remembers: each for its time, and not more than a number of names.
///
/// Netty's caches have no bound on the number of names, and a peer may choose the names that a
/// server looks up.
final class DnsAnswers {

  /// A server may send four thousand addresses. Such an answer is not remembered, so that the
  /// number of names also limits the memory.
  static final int MOST_ADDRESSES = 100;

  /// An answer, and the time until which it holds.
  private record Remembered(DnsAnswer answer, long endNanos) {}

  private final Map<String, Remembered> names;

  DnsAnswers(int most) {
    names = new RecentlyUsed(most);
  }

  /// Drops the name that was not used for the longest time.
  private static final class RecentlyUsed extends LinkedHashMap<String, Remembered> {
    private static final long serialVersionUID = 1;

    private final int most;

    RecentlyUsed(int most) {
      super(16, 0.75f, true);
      this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Remembered> eldest) {
      return size() > most;
    }
  }

  @Nullable DnsAnswer get(String name, long nowNanos) {
    Remembered known = names.get(name);
    if (known == null) {
      return null;
    }
    if (known.endNanos - nowNanos <= 0) {
      names.remove(name);
      return null;
    }
    return known.answer;
  }

  void put(String name, DnsAnswer answer, long nowNanos) {
    if (!answer.life().isZero() && answer.addresses().size() <= MOST_ADDRESSES) {
      names.put(name, new Remembered(answer.toRemember(), nowNanos + answer.life().toNanos()));
    }
  }

  int size() {
    return names.size();
  }
}
