package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.Threads;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Several sides of a program that do something again and again for a while: threads, coroutines,
/// callbacks and handlers.
///
/// It goes on until the time is over and every side has got on. A side that does not go on is
/// waited for until the patience of the test is at its end; [LoopKind#run] sees to that.
final class Stress implements AutoCloseable {

  private static final int LEAST_STEPS = 3;

  /// One side, and what it has done.
  private static final class Side {
    private final AtomicInteger steps = new AtomicInteger();
    private final Coro.Action step;

    Side(Coro.Action step) {
      this.step = step;
    }

    boolean hasGotOn() {
      return steps.get() >= LEAST_STEPS;
    }
  }

  private final Duration time;
  private final List<Side> sides = new CopyOnWriteArrayList<>();
  private final List<LoopFuture<?>> onLoop = new ArrayList<>();
  private final List<CompletableFuture<Void>> threads = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> fault = new AtomicReference<>();
  private volatile boolean over;

  /// Makes a stress that lasts for its share of a second, or for `io.loop.stress` milliseconds if
  /// that system property is set.
  ///
  /// @param runs how many of them share the second
  Stress(int runs) {
    time = Duration.ofMillis(Integer.getInteger("io.loop.stress", 1000 / runs));
  }

  private Side side(Coro.Action step) {
    var side = new Side(step);
    sides.add(side);
    return side;
  }

  private void step(Side side) throws Exception {
    try {
      side.step.run();
    } catch (Throwable thrown) {
      fail(thrown);
      throw thrown;
    }
    side.steps.incrementAndGet();
  }

  private void fail(Throwable thrown) {
    fault.compareAndSet(null, thrown);
    over = true;
  }

  /// Adds a thread that knows nothing of loops.
  void thread(Coro.Action step) {
    Side side = side(step);
    threads.add(
        Threads.start(() -> {
          while (!over) {
            step(side);
          }
        }));
  }

  /// Adds a task of the running loop.
  void coroutine(Coro.Action step) {
    Side side = side(step);
    Task<@Nullable Void> task =
        Asyncio.createTask(() -> {
          while (!over) {
            step(side);
            Asyncio.sleep(Duration.ZERO);
          }
        });
    onLoop.add(task);
  }

  /// Adds a callback of the running loop that schedules itself anew.
  void callback(Coro.Action step) {
    Side side = side(step);
    Loop loop = Loop.running();
    var ended = new LoopFuture<Integer>(loop);
    var callback =
        new Callback() {
          @Override
          public void run() {
            try {
              step(side);
            } catch (Exception reported) {
              // step() has kept it
            }
            if (over) {
              ended.setResult(side.steps.get());
            } else {
              loop.callSoon(this);
            }
          }
        };
    loop.callSoon(callback);
    onLoop.add(ended);
  }

  /// Adds a connection, whose handler does the step for each octet that it echoes.
  ///
  /// Suspends.
  void handler(LoopKind kind, EventLoopGroup loops, Coro.Action step) {
    Side side = side(step);
    InetSocketAddress server =
        kind.listen(
            loops,
            pipeline ->
                pipeline.addLast(
                    new ChannelInboundHandlerAdapter() {
                      @Override
                      public void channelRead(ChannelHandlerContext context, Object message)
                          throws Exception {
                        var _ = context.writeAndFlush(message);
                        step(side);
                      }

                      @Override
                      public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
                        fail(thrown);
                        var _ = context.close();
                      }
                    }));
    client(server, Stress::echo);
  }

  /// What a client does on its connection, again and again.
  interface Exchange {
    void run(Socket socket) throws IOException;
  }

  private static void echo(Socket socket) throws IOException {
    socket.getOutputStream().write('x');
    if (socket.getInputStream().read() < 0) {
      throw new EOFException("the server has closed the connection");
    }
  }

  /// Adds a thread with a connection to a server.
  void client(InetSocketAddress server, Exchange exchange) {
    Side side = side(() -> {});
    threads.add(
        Threads.start(() -> {
          try (var socket = new Socket(server.getAddress(), server.getPort())) {
            socket.setTcpNoDelay(true);
            while (!over) {
              exchange.run(socket);
              step(side);
            }
          } catch (IOException thrown) {
            fail(thrown);
            throw thrown;
          }
        }));
  }

  /// Ends the sides of a stress that has failed, as far as they do not stand still.
  @Override
  public void close() {
    over = true;
  }

  /// Lets the time pass, ends all sides, and throws what went wrong in one of them.
  ///
  /// Suspends.
  void finish() {
    Asyncio.sleep(time);
    while (!over && !sides.stream().allMatch(Side::hasGotOn)) {
      Asyncio.sleep(Duration.ofMillis(1));
    }
    over = true;
    assertThat(fault.get()).isNull();
    onLoop.forEach(LoopFuture::await);
    OnNetty.offLoop(() -> {
      threads.forEach(Threads::join);
      return true;
    });
  }
}
