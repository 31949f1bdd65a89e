package io.loop.samples;

import io.loop.event.Loop;
import io.loop.event.TimerHandle;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The keys and their values. Each key that expires has a timer of the loop.
///
/// Everything happens on one loop, one thing at a time, so a plain map is enough.
final class RedisStore {

  private static final class Entry {
    private String value = "";
    private @Nullable TimerHandle expiry;
  }

  private static final int ENTRY_BYTES = 200; // of the objects, beside their text

  private final Map<String, Entry> entries = new HashMap<>();
  private final Loop loop;
  private final long mostBytes;
  private long usedBytes;

  /// Creates an empty store.
  ///
  /// @param loop the loop of all its users
  /// @param mostBytes how much it may hold, approximately
  RedisStore(Loop loop, long mostBytes) {
    this.loop = loop;
    this.mostBytes = mostBytes;
  }

  int size() {
    return entries.size();
  }

  long usedBytes() {
    return usedBytes;
  }

  long mostBytes() {
    return mostBytes;
  }

  boolean contains(String key) {
    return entries.containsKey(key);
  }

  /// {@return the value, or null if there is none}
  @Nullable String get(String key) {
    Entry entry = entries.get(key);
    return entry == null ? null : entry.value;
  }

  /// Sets a value. The key keeps its time to live.
  ///
  /// @throws RedisError if the store is full; nothing is changed
  void put(String key, String value) throws RedisError {
    Entry entry = entries.get(key);
    long more =
        entry == null
            ? (long) ENTRY_BYTES + key.length() + value.length()
            : (long) value.length() - entry.value.length();
    if (more > 0 && usedBytes + more > mostBytes) {
      throw new RedisError("OOM command not allowed when used memory > 'maxmemory'.");
    }
    if (entry == null) {
      entry = new Entry();
      entries.put(key, entry);
    }
    entry.value = value;
    usedBytes += more;
  }

  /// Deletes a key.
  ///
  /// @return whether it was there
  boolean delete(String key) {
    Entry entry = entries.remove(key);
    if (entry == null) {
      return false;
    }
    usedBytes -= (long) ENTRY_BYTES + key.length() + entry.value.length();
    if (entry.expiry != null) {
      entry.expiry.cancel();
    }
    return true;
  }

  /// Lets a key expire.
  ///
  /// @param timeToLive how long it lives from now on; null for as long as the server
  /// @return whether the key is there
  boolean expireAfter(String key, @Nullable Duration timeToLive) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return false;
    }
    if (timeToLive == null) {
      if (entry.expiry != null) {
        entry.expiry.cancel();
        entry.expiry = null;
      }
    } else if (entry.expiry == null || !entry.expiry.reschedule(timeToLive)) {
      entry.expiry = loop.callLater(timeToLive, () -> delete(key));
    }
    return true;
  }

  /// {@return how long the key lives; null if it is not there or does not expire}
  @Nullable Duration timeToLive(String key) {
    Entry entry = entries.get(key);
    return entry == null || entry.expiry == null ? null : entry.expiry.when().minus(loop.time());
  }
}
