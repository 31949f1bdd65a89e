package io.loop.samples;

import static io.loop.Asyncio.shield;

import io.loop.event.Loop;
import io.loop.samples.DnsAnswer.Question;
import io.loop.scope.TaskGroup;
import io.loop.task.Task;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Answers questions from the zone, from the cache, or by asking upstream.
final class DnsResolver {

  /*
   * Everything runs on one loop, so plain maps are enough.
   *
   *   unknown ---the first asker---> asking ---the answer---> cached ---its time to live---> unknown
   *
   * All askers of one question await the same task. An answer that must not be kept, such as a
   * failure, goes to them only.
   */

  private record Cached(DnsAnswer answer, Duration since, Duration until) {}

  private static final long LONGEST_SECONDS = 86_400;

  private final DnsZone zone;
  private final @Nullable DnsUpstream upstream;
  private final TaskGroup group;
  private final Loop loop = Loop.running();
  private final Map<Question, Task<DnsAnswer>> asking = new HashMap<>();
  private final Map<Question, Cached> cache;

  /// Creates a resolver.
  ///
  /// @param zone the names to answer for
  /// @param upstream whom to ask for other names; null to refuse them
  /// @param cacheSize how many answers to keep; the one that was not used for longest goes first
  /// @param group runs the tasks that ask
  DnsResolver(DnsZone zone, @Nullable DnsUpstream upstream, int cacheSize, TaskGroup group) {
    this.zone = zone;
    this.upstream = upstream;
    this.group = group;
    this.cache =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Question, Cached> eldest) {
            return size() > cacheSize;
          }
        };
  }

  /// {@return whether names outside the zone can be resolved}
  boolean isRecursive() {
    return upstream != null;
  }

  /// {@return the answer if it is known, or null} Never suspends.
  @Nullable DnsAnswer known(Question question) {
    if (!zone.contains(question.name())) {
      return upstream == null ? DnsAnswer.failure(DnsResponseCode.REFUSED) : cached(question);
    }
    DnsAnswer answer = zone.answer(question);
    Question open = upstream == null ? null : DnsZone.next(question, answer);
    if (open == null) {
      return answer;
    }
    DnsAnswer target = cached(open);
    return target == null ? null : answer.followedBy(target);
  }

  /// {@return the answer} Suspends until it is known.
  DnsAnswer resolve(Question question) {
    DnsAnswer known = known(question);
    if (known != null) {
      return known;
    }
    if (!zone.contains(question.name())) {
      return ask(question);
    }
    DnsAnswer alias = zone.answer(question);
    Question open = DnsZone.next(question, alias);
    return open == null ? alias : alias.followedBy(ask(open));
  }

  private DnsAnswer ask(Question question) {
    DnsUpstream server = upstream;
    if (server == null) {
      return DnsAnswer.failure(DnsResponseCode.REFUSED);
    }
    Task<DnsAnswer> task = asking.get(question);
    if (task == null) {
      task = group.createTask(() -> server.ask(question));
      asking.put(question, task);
      task.addDoneCallback(done -> {
        asking.remove(question);
        if (!done.isCancelled() && done.exception() == null) {
          keep(question, done.result());
        }
      });
    }
    return shield(task).await(); // the task belongs to the other askers too
  }

  private void keep(Question question, DnsAnswer answer) {
    long seconds = Math.min(answer.timeToLive(), LONGEST_SECONDS);
    if (seconds > 0) {
      Duration now = loop.time();
      cache.put(question, new Cached(answer, now, now.plusSeconds(seconds)));
    }
  }

  private @Nullable DnsAnswer cached(Question question) {
    Cached cached = cache.get(question);
    if (cached == null) {
      return null;
    }
    Duration now = loop.time();
    if (now.compareTo(cached.until()) >= 0) {
      cache.remove(question);
      return null;
    }
    return cached.answer().aged(now.minus(cached.since()).toSeconds());
  }
}
