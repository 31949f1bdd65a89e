package io.loop.task;

import io.loop.benchmark.LoopBenchmark;
import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.event.ManualEventLoops;
import io.netty.channel.ManualIoEventLoop;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FutureListener;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/// What a future costs from birth to callback: it is made, a callback is added, it is completed,
/// and the callback runs and reads the result.
///
/// Ours runs the callback from the ready queue, in the tick after; the peers run it inside the call
/// that completes. Every future goes into a black hole as soon as it is made: in a program it would
/// be reachable from elsewhere, and the compiler must not take it apart.
public class FutureCallbackBenchmark extends LoopBenchmark {

  private static final int FUTURES = 500_000;
  private static final int FUTURES_PER_TICK = 100;
  private static final int CALLBACKS = 10;
  private static final int CHAIN = 100;

  /// A running loop of ours.
  @State(Scope.Thread)
  public static class OnLoop {
    private final Loop loop = Loop.create();
    private final Callback batch = this::runBatch;
    private final Callback manyCallbacksBatch = this::runManyCallbacksBatch;
    private final Callback chain = this::runChain;
    private DoneCallback<LoopFuture<OnLoop>> callback;
    private Blackhole results;
    private int left;

    @Setup
    public void start(Blackhole blackhole) {
      results = blackhole;
      callback = future -> blackhole.consume(future.result());
    }

    void run() {
      left = FUTURES;
      loop.callSoon(batch);
      loop.runForever();
    }

    private void runBatch() {
      if (isOver()) {
        return;
      }
      for (int i = 0; i < FUTURES_PER_TICK; i++) {
        var future = new LoopFuture<OnLoop>(loop);
        results.consume(future);
        future.addDoneCallback(callback);
        future.setResult(this);
      }
      left -= FUTURES_PER_TICK;
      loop.callSoon(batch);
    }

    private boolean isOver() {
      if (left == 0) {
        loop.stop();
      }
      return left == 0;
    }

    void runManyCallbacks() {
      left = FUTURES;
      loop.callSoon(manyCallbacksBatch);
      loop.runForever();
    }

    private void runManyCallbacksBatch() {
      if (isOver()) {
        return;
      }
      for (int i = 0; i < FUTURES_PER_TICK / CALLBACKS; i++) {
        var future = new LoopFuture<OnLoop>(loop);
        results.consume(future);
        for (int j = 0; j < CALLBACKS; j++) {
          future.addDoneCallback(callback);
        }
        future.setResult(this);
      }
      left -= FUTURES_PER_TICK;
      loop.callSoon(manyCallbacksBatch);
    }

    void runChains() {
      left = FUTURES;
      loop.callSoon(chain);
      loop.runForever();
    }

    private void runChain() {
      if (isOver()) {
        return;
      }
      left -= CHAIN;
      var first = new LoopFuture<OnLoop>(loop);
      var last = first;
      for (int i = 1; i < CHAIN; i++) {
        var next = new LoopFuture<OnLoop>(loop);
        last.addDoneCallback(done -> next.setResult(done.result()));
        last = next;
      }
      last.addDoneCallback(done -> {
        results.consume(done.result());
        runChain();
      });
      first.setResult(this);
    }

    @TearDown
    public void close() {
      loop.close();
    }
  }

  /// A Netty event loop that the benchmark's thread owns.
  @State(Scope.Thread)
  public static class OnEventLoop {
    private ManualIoEventLoop eventLoop;

    @Setup
    public void start() {
      eventLoop = ManualEventLoops.create();
    }

    @TearDown
    public void close() {
      ManualEventLoops.close(eventLoop);
    }
  }

  /// One operation: a [LoopFuture], and its share of a tick that runs 100 callbacks.
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void loopFuture(OnLoop tasks) {
    tasks.run();
  }

  /// One operation: a promise whose executor is an event loop, used on that loop's thread.
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void nettyPromise(OnEventLoop netty, Blackhole results) {
    runPromises(netty.eventLoop, results);
  }

  /// One operation: a promise whose executor is [ImmediateEventExecutor].
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void nettyPromiseImmediate(Blackhole results) {
    runPromises(ImmediateEventExecutor.INSTANCE, results);
  }

  private void runPromises(EventExecutor executor, Blackhole results) {
    FutureListener<Object> listener = future -> results.consume(future.getNow());
    for (int i = 0; i < FUTURES; i++) {
      var promise = new DefaultPromise<Object>(executor);
      results.consume(promise);
      promise.addListener(listener);
      promise.setSuccess(this);
    }
  }

  /// One operation: a promise as in [#nettyPromise], but one that never leaves this method, so that
  /// the compiler drops its locks. Only a benchmark has such promises; it shows what is left then.
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void nettyPromiseUnshared(OnEventLoop netty, Blackhole results) {
    FutureListener<Object> listener = future -> results.consume(future.getNow());
    for (int i = 0; i < FUTURES; i++) {
      var promise = new DefaultPromise<Object>(netty.eventLoop);
      promise.addListener(listener);
      promise.setSuccess(this);
    }
  }

  /// One operation: a [CompletableFuture], used by one thread.
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void completableFuture(Blackhole results) {
    Consumer<Object> callback = results::consume;
    for (int i = 0; i < FUTURES; i++) {
      var future = new CompletableFuture<Object>();
      results.consume(future);
      results.consume(future.thenAccept(callback));
      future.complete(this);
    }
  }

  /// One operation: one of ten callbacks on a [LoopFuture], with a tenth of the future.
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void loopFuture10Callbacks(OnLoop tasks) {
    tasks.runManyCallbacks();
  }

  /// One operation: one of ten callbacks on a promise of an event loop, with a tenth of the
  /// promise.
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void nettyPromise10Callbacks(OnEventLoop netty, Blackhole results) {
    FutureListener<Object> listener = future -> results.consume(future.getNow());
    for (int i = 0; i < FUTURES / CALLBACKS; i++) {
      var promise = new DefaultPromise<Object>(netty.eventLoop);
      results.consume(promise);
      for (int j = 0; j < CALLBACKS; j++) {
        promise.addListener(listener);
      }
      promise.setSuccess(this);
    }
  }

  /// One operation: one of ten callbacks on a [CompletableFuture], with a tenth of the future.
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void completableFuture10Callbacks(Blackhole results) {
    Consumer<Object> callback = results::consume;
    for (int i = 0; i < FUTURES / CALLBACKS; i++) {
      var future = new CompletableFuture<Object>();
      results.consume(future);
      for (int j = 0; j < CALLBACKS; j++) {
        results.consume(future.thenAccept(callback));
      }
      future.complete(this);
    }
  }

  /// One operation: one of a hundred futures in a row, from its birth to its callback, which
  /// completes the next. Each link takes a tick of its own.
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void loopChain100(OnLoop tasks) {
    tasks.runChains();
  }

  /// One operation: one of a hundred promises in a row, from its birth to its listener, which
  /// completes the next. Every eighth listener runs from the event loop's queue: Netty does not
  /// nest them deeper.
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void nettyChain100(OnEventLoop netty, Blackhole results) {
    for (int i = 0; i < FUTURES / CHAIN; i++) {
      runPromiseChain(netty.eventLoop, results);
    }
  }

  private void runPromiseChain(ManualIoEventLoop eventLoop, Blackhole results) {
    var first = new DefaultPromise<Object>(eventLoop);
    var last = first;
    for (int i = 1; i < CHAIN; i++) {
      var next = new DefaultPromise<Object>(eventLoop);
      last.addListener((FutureListener<Object>) done -> next.setSuccess(done.getNow()));
      last = next;
    }
    last.addListener((FutureListener<Object>) done -> results.consume(done.getNow()));
    first.setSuccess(this);
    while (!last.isDone()) {
      eventLoop.runNow();
    }
  }

  /// One operation: one of a hundred [CompletableFuture]s in a row, from its birth to its callback,
  /// which completes the next, inside the callback of the one before.
  @Benchmark
  @OperationsPerInvocation(FUTURES)
  public void completableFutureChain100(Blackhole results) {
    for (int i = 0; i < FUTURES / CHAIN; i++) {
      var first = new CompletableFuture<Object>();
      var last = first;
      for (int j = 1; j < CHAIN; j++) {
        var next = new CompletableFuture<Object>();
        results.consume(last.thenAccept(next::complete));
        last = next;
      }
      results.consume(last.thenAccept(results::consume));
      first.complete(this);
    }
  }
}
