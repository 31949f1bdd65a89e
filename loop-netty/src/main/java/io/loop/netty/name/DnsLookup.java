package io.loop.netty.name;

import io.loop.event.TimerHandle;
import io.loop.netty.base.LoopCalls;
import io.loop.task.LoopFuture;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One name that is being looked up, and those who wait for it. Loop thread only.
final class DnsLookup {

  /*
   *   waiting for a place --begin()--> asking --answer, failure, or time is up--> done
   *                                     ^   |
   *                                     +---+ no server answered, once
   *
   * When the last of those who wait has left, or the loop closes, it is done without an answer.
   * Netty cannot take back a query: the promise is cancelled, which closes the socket of this
   * look-up and sends no further query.
   */

  private static final int ROUNDS = 2;

  private final DnsLookups owner;
  private final String name;
  private final TimerHandle limit;
  private final Set<LoopFuture<DnsAnswer>> waiting = new LinkedHashSet<>();
  private DnsFindings findings = new DnsFindings();
  private @Nullable Future<List<InetAddress>> query;
  private int rounds;
  private boolean begun;

  DnsLookup(DnsLookups owner, String name) {
    this.owner = owner;
    this.name = name;
    this.limit = owner.loop().callLater(owner.options().timeout(), this::timeIsUp);
  }

  String name() {
    return name;
  }

  DnsFindings findings() {
    return findings;
  }

  boolean hasBegun() {
    return begun;
  }

  void add(LoopFuture<DnsAnswer> waiter) {
    waiting.add(waiter);
  }

  void remove(LoopFuture<DnsAnswer> waiter) {
    if (waiting.remove(waiter) && waiting.isEmpty()) {
      owner.ended(this);
    }
  }

  void begin() {
    begun = true;
    rounds++;
    findings = new DnsFindings();
    Future<List<InetAddress>> started = owner.netty().resolveAll(name);
    query = started;
    started.addListener(_ -> LoopCalls.run(owner.loop(), () -> answered(started)));
  }

  private void answered(Future<List<InetAddress>> done) {
    if (done != query) {
      return; // it was given up
    }
    query = null;
    if (done.isSuccess()) {
      settle(findings.found(done.getNow(), owner.options()));
    } else if (DnsNameResolver.isTimeoutError(done.cause()) && rounds < ROUNDS) {
      begin();
    } else {
      settle(findings.failed(done.cause(), owner.options()));
    }
  }

  private void timeIsUp() {
    settle(findings.late(owner.options().timeout()));
  }

  private void settle(DnsAnswer answer) {
    owner.remember(name, answer);
    List<LoopFuture<DnsAnswer>> all = List.copyOf(waiting);
    waiting.clear();
    owner.ended(this);
    for (LoopFuture<DnsAnswer> waiter : all) {
      if (!waiter.isDone()) {
        waiter.setResult(answer);
      }
    }
  }

  /// Releases what this holds; again without effect.
  void release() {
    limit.cancel();
    Future<?> asked = query;
    query = null;
    if (asked != null) {
      asked.cancel(false);
    }
  }
}
