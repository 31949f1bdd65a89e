package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Tasks as Netty's promises.
class NettyPromisesTest extends NettyFuturesFixture {

  private static String failing(IOException fault) throws IOException {
    throw fault;
  }

  @ParameterizedTest
  @MethodSource("transports")
  void toPromise_ofATask_hasItsOutcome(Transport transport) {
    run(
        transport,
        () -> {
          EventExecutor executor = foreign();
          var fault = new IOException("no");
          Promise<String> good = NettyFutures.toPromise(Asyncio.createTask(() -> "x"), executor);
          Promise<String> bad =
              NettyFutures.toPromise(Asyncio.createTask(() -> failing(fault)), executor);

          String result = offLoop(good::get);
          Throwable failure = offLoop(() -> bad.await().cause());

          assertThat(result).isEqualTo("x");
          assertThat(failure).isSameAs(fault);
          end(executor);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void toPromise_cancelledFromOutside_cancelsTheTask(Transport transport) {
    run(
        transport,
        () -> {
          EventExecutor executor = foreign();
          var pending = new LoopFuture<String>();
          Task<String> task = Asyncio.createTask(() -> pending.await());
          Promise<String> promise = NettyFutures.toPromise(task, executor);

          boolean cancelled = offLoop(() -> promise.cancel(false));

          assertThat(cancelled).isTrue();

          assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
          end(executor);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void toPromise_completedByAnother_forgetsThePromiseAndLeavesTheTask(Transport transport) {
    run(
        transport,
        () -> {
          EventExecutor executor = foreign();
          var pending = new LoopFuture<String>();
          Promise<String> promise = NettyFutures.toPromise(pending, executor);
          var forgotten = new WeakReference<>(promise);

          promise.setSuccess("y");
          promise = null;

          until(() -> {
            System.gc();
            return forgotten.refersTo(null);
          });
          assertThat(pending.isDone()).isFalse();
          end(executor);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void toPromise_ofACancelledTask_isCancelled(Transport transport) {
    run(
        transport,
        () -> {
          EventExecutor executor = foreign();
          var pending = new LoopFuture<String>();
          Promise<String> promise = NettyFutures.toPromise(pending, executor);
          Promise<String> stubborn = NettyFutures.toPromise(pending, executor);
          assertThat(stubborn.setUncancellable()).isTrue();

          pending.cancel();

          boolean cancelled = offLoop(() -> promise.await().isCancelled());
          Throwable failure = offLoop(() -> stubborn.await().cause());

          assertThat(cancelled).isTrue();
          assertThat(failure).isInstanceOf(CancellationException.class);
          end(executor);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void toPromise_loopCloses_cancelsThePromise(Transport transport) throws Exception {
    EventExecutor executor = foreign();
    Loop loop = NettyLoop.create(transport);
    Promise<String> promise = NettyFutures.toPromise(new LoopFuture<String>(loop), executor);
    Promise<String> stubborn = NettyFutures.toPromise(new LoopFuture<String>(loop), executor);
    assertThat(stubborn.setUncancellable()).isTrue();
    var settled = new LoopFuture<String>(loop);
    Promise<String> value = NettyFutures.toPromise(settled, executor);
    settled.setResult("x");

    loop.close();

    assertThat(promise.isCancelled()).isTrue();
    assertThat(promise.cause()).hasMessage("Event loop is closed");
    assertThat(stubborn.cause()).hasMessage("Event loop is closed");
    assertThat(value.getNow()).isEqualTo("x");
    executor.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }
}
