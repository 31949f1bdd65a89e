package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Netty's futures awaited.
class NettyFuturesTest extends NettyFuturesFixture {

  @ParameterizedTest
  @MethodSource("transports")
  void await_whatIsDone_doesNotSuspend(Transport transport) {
    run(
        transport,
        () -> {
          IoEventLoop eventLoop = NettyLoop.eventLoop(Loop.running());
          boolean[] ran = new boolean[1];
          Loop.running().callSoon(() -> ran[0] = true);

          assertThat(NettyFutures.<String>await(eventLoop.newSucceededFuture("x"))).isEqualTo("x");
          assertThat(ran[0]).isFalse();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void await_promiseOfTheOwnLoop_givesItsResult(Transport transport) {
    run(
        transport,
        () -> {
          Promise<String> promise = NettyLoop.eventLoop(Loop.running()).newPromise();
          Loop.running().callSoon(() -> promise.setSuccess("x"));

          assertThat(NettyFutures.<String>await(promise)).isEqualTo("x");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void await_promiseOfAForeignExecutor_givesResultAndFailure(Transport transport) {
    run(
        transport,
        () -> {
          EventExecutor executor = foreign();
          var fault = new IOException("no");

          assertThat(NettyFutures.await(executor.submit(() -> "x"))).isEqualTo("x");
          assertThatThrownBy(() ->
                  NettyFutures.await(
                      executor.submit(() -> {
                        throw fault;
                      })))
              .isSameAs(fault);
          end(executor);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void await_cancelled_cancelsWhatItStarted(Transport transport) {
    run(
        transport,
        () -> {
          Promise<String> promise = NettyLoop.eventLoop(Loop.running()).newPromise();
          Task<?> task = Asyncio.createTask(() -> NettyFutures.<String>await(() -> promise));
          Asyncio.sleep(Duration.ZERO);

          task.cancel();

          assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
          assertThat(promise.isCancelled()).isTrue();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void await_ofACancelledFuture_isCancelled(Transport transport) {
    run(
        transport,
        () -> {
          Promise<String> promise = NettyLoop.eventLoop(Loop.running()).newPromise();
          promise.cancel(false);

          assertThatThrownBy(() -> NettyFutures.await(promise)).isInstanceOf(CancelledError.class);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void await_cancelledTooLate_releasesTheLateResult(Transport transport) {
    run(
        transport,
        () -> {
          Promise<ByteBuf> promise = NettyLoop.eventLoop(Loop.running()).newPromise();
          assertThat(promise.setUncancellable()).isTrue();
          Task<?> task = Asyncio.createTask(() -> NettyFutures.<ByteBuf>await(() -> promise));
          Asyncio.sleep(Duration.ZERO);
          task.cancel();
          assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
          ByteBuf late = Unpooled.buffer(1);

          promise.setSuccess(late);
          Asyncio.sleep(Duration.ofMillis(1));

          assertThat(late.refCnt()).isZero();
        });
  }

  private static void giveUp(Coro<?> wait) {
    Task<?> task = Asyncio.createTask(wait);
    Asyncio.sleep(Duration.ZERO);
    task.cancel();
    assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void await_ofACloseFuture_givenUp_leavesItToTheChannel(Transport transport) {
    run(
        transport,
        () -> {
          Channel server = Pipelines.serve(transport, _ -> {});
          Channel client = Pipelines.connect(transport, server, _ -> {});

          for (Channel channel : List.of(client, server)) {
            giveUp(() -> NettyFutures.await(channel.closeFuture()));
            assertThat(channel.closeFuture().isDone()).isFalse();
            NettyFutures.await(channel.close());
            NettyFutures.await(channel.closeFuture());

            assertThat(channel.closeFuture().isSuccess()).isTrue();
            assertThat(channel.isOpen()).isFalse();
          }
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void await_ofATerminationFuture_givenUp_leavesItToTheExecutor(Transport transport) {
    run(
        transport,
        () -> {
          EventExecutor executor = foreign();
          giveUp(() -> NettyFutures.await(executor.terminationFuture()));

          end(executor);

          assertThat(executor.terminationFuture().isSuccess()).isTrue();
        });
  }

  /// As with `SslHandler.handshakeFuture`, whose result is the channel.
  @ParameterizedTest
  @MethodSource("transports")
  void await_ofASharedFuture_givenUp_leavesItAndItsResultToTheOthers(Transport transport) {
    run(
        transport,
        () -> {
          Channel server = Pipelines.serve(transport, _ -> {});
          Promise<Channel> opened = NettyLoop.eventLoop(Loop.running()).newPromise();
          Promise<ByteBuf> filled = NettyLoop.eventLoop(Loop.running()).newPromise();
          ByteBuf buffer = Unpooled.buffer(1);
          Task<Channel> other = Asyncio.createTask(() -> NettyFutures.await(opened));
          giveUp(() -> NettyFutures.await(opened));
          giveUp(() -> NettyFutures.await(filled));

          opened.setSuccess(server);
          filled.setSuccess(buffer);

          assertThat(other.await()).isSameAs(server);
          polls(3);
          assertThat(server.isOpen()).isTrue();
          assertThat(buffer.refCnt()).isOne();
          buffer.release();
          NettyFutures.await(server.close());
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void await_givenUpManyTimes_leavesNoListener(Transport transport) {
    run(
        transport,
        () -> {
          var listeners = new AtomicInteger();
          EventExecutor executor = foreign();
          Promise<String> promise =
              new DefaultPromise<>(executor) {
                @Override
                public Promise<String> addListener(
                    GenericFutureListener<? extends Future<? super String>> listener) {
                  listeners.incrementAndGet();
                  return super.addListener(listener);
                }

                @Override
                public Promise<String> removeListener(
                    GenericFutureListener<? extends Future<? super String>> listener) {
                  listeners.decrementAndGet();
                  return super.removeListener(listener);
                }
              };

          for (int i = 0; i < 100; i++) {
            giveUp(() -> NettyFutures.await(promise, executor));
          }

          assertThat(listeners).hasValue(0);
          end(executor);
        });
  }

  /// Netty leaves a channel open whose connect was cancelled before it began.
  @ParameterizedTest
  @MethodSource("transports")
  void await_ofAConnectItStarted_cancelled_closesTheChannel(Transport transport) {
    run(
        transport,
        () -> {
          Channel server = Pipelines.serve(transport, _ -> {});
          var bootstrap =
              new Bootstrap()
                  .group(NettyLoop.eventLoop(Loop.running()))
                  .channel(transport.socketType())
                  .handler(Pipelines.initializer(_ -> {}));
          var connecting = new ArrayList<ChannelFuture>();
          Task<?> task =
              Asyncio.createTask(() ->
                  NettyFutures.await(() -> {
                    ChannelFuture future = bootstrap.connect(server.localAddress());
                    connecting.add(future);
                    return future;
                  }));
          while (connecting.isEmpty()) {
            Asyncio.sleep(Duration.ZERO);
          }

          task.cancel();

          assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
          NettyFutures.await(connecting.getFirst().channel().closeFuture());
          assertThat(connecting.getFirst().channel().isOpen()).isFalse();
          NettyFutures.await(server.close());
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void open_bindAndConnect_returnsTheChannelOrThrowsTheCause(Transport transport) {
    run(
        transport,
        () -> {
          IoEventLoop here = NettyLoop.eventLoop(Loop.running());
          var listening =
              new ServerBootstrap()
                  .group(here)
                  .channel(transport.serverType())
                  .childHandler(Pipelines.initializer(_ -> {}));
          var connecting =
              new Bootstrap()
                  .group(here)
                  .channel(transport.socketType())
                  .handler(Pipelines.initializer(_ -> {}));

          Channel server = NettyFutures.open(() -> listening.bind(ownAddress(1), 0));
          Channel client = NettyFutures.open(() -> connecting.connect(server.localAddress()));

          assertThat(server.isActive()).isTrue();
          assertThat(client.isActive()).isTrue();
          assertThatThrownBy(() -> NettyFutures.open(() -> listening.bind(server.localAddress())))
              .isInstanceOf(IOException.class)
              .hasMessageContaining("Address already in use");
          NettyFutures.await(client::close);
          NettyFutures.await(server::close);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void open_cancelled_closesTheChannel(Transport transport) {
    run(
        transport,
        () -> {
          Channel server = Pipelines.serve(transport, _ -> {});
          var bootstrap =
              new Bootstrap()
                  .group(NettyLoop.eventLoop(Loop.running()))
                  .channel(transport.socketType())
                  .handler(Pipelines.initializer(_ -> {}));
          var connecting = new ArrayList<ChannelFuture>();
          Task<?> task =
              Asyncio.createTask(() ->
                  NettyFutures.open(() -> {
                    connecting.add(bootstrap.connect(server.localAddress()));
                    return connecting.getFirst();
                  }));
          while (connecting.isEmpty()) {
            Asyncio.sleep(Duration.ZERO);
          }

          task.cancel();

          assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
          NettyFutures.await(connecting.getFirst().channel().closeFuture());
          NettyFutures.await(server.close());
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void await_ofAWriteItStarted_cancelled_leavesTheChannelOpen(Transport transport) {
    run(
        transport,
        () -> {
          Channel server = Pipelines.serve(transport, _ -> {});
          Channel client = Pipelines.connect(transport, server, _ -> {});

          giveUp(() -> NettyFutures.await(() -> client.write(Unpooled.wrappedBuffer(new byte[1]))));

          NettyFutures.await(client.writeAndFlush(Unpooled.EMPTY_BUFFER));
          assertThat(client.isOpen()).isTrue();
          NettyFutures.await(client.close());
          NettyFutures.await(server.close());
        });
  }

  /// Hazard 12.
  @ParameterizedTest
  @MethodSource("transports")
  void await_promiseOfAnExecutorThatEnds_fails(Transport transport) {
    run(
        transport,
        () -> {
          EventExecutor executor = foreign();
          Promise<String> promise = executor.newPromise();
          Task<String> waiting = Asyncio.createTask(() -> NettyFutures.await(promise, executor));
          Asyncio.sleep(Duration.ZERO);

          end(executor);

          assertThatThrownBy(waiting::await)
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("terminated before it was done");
          assertThatThrownBy(() -> NettyFutures.await(promise, executor))
              .isInstanceOf(IllegalStateException.class);
        });
  }
}
