package io.loop.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.loop.Asyncio;
import io.loop.context.ContextPropagator;
import io.loop.context.ContextPropagator.Scope;
import io.loop.event.Loop;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.testing.CarriedName;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What other libraries keep in thread locals reaches the bodies of connections.
class ContextPropagationNettyTest extends OnNetty {

  /// gRPC's context.
  static final class GrpcPropagator implements ContextPropagator<Context> {
    @Override
    public Context capture() {
      return Context.current();
    }

    @Override
    public Scope restore(@Nullable Context snapshot) {
      Context attached = snapshot == null ? Context.ROOT : snapshot;
      Context before = attached.attach();
      return () -> attached.detach(before);
    }
  }

  private final CarriedName name = new CarriedName();
  private final Scope registration = ContextPropagator.register(name);

  @AfterEach
  void takeOut() {
    name.set(null);
    registration.close();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void coroutineHandler_bodyHasTheValuesOfTheCallThatStartsIt(Transport transport) {
    run(
        transport,
        () -> {
          var seen = new LoopFuture<@Nullable String>(Loop.running());
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline -> {
                    name.set("initializer");
                    Pipelines.lines(
                            channel -> {
                              Asyncio.sleep(Duration.ofMillis(1));
                              seen.setResult(name.get());
                            })
                        .accept(pipeline);
                    name.set(null);
                  });
          try (Socket _ = Pipelines.socket(server)) {
            assertThat(seen.await()).isEqualTo("initializer");
          }
          assertThat(name.get()).isNull();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void server_bodiesHaveTheValuesOfWhoeverStartedIt(Transport transport) {
    run(
        transport,
        () -> {
          name.set("starter");
          try (Server server =
              Streams.startServer(
                  (_, writer) -> {
                    writer.write((name.get() + "\n").getBytes(US_ASCII));
                    name.set("left");
                  },
                  "127.0.0.1",
                  0)) {
            name.set("later");
            int port = server.localAddress().getPort();
            List<String> answers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
              answers.add(offLoop(() -> answerOf(port)));
            }
            assertThat(answers).containsOnly("starter\n");
          }
        });
  }

  private static String answerOf(int port) throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  @Test
  void contextOfGrpc_follows() {
    Context.Key<String> user = Context.key("user");
    List<String> seen = Collections.synchronizedList(new ArrayList<>()); // two threads look
    try (var _ = ContextPropagator.register(new GrpcPropagator())) {
      Asyncio.run(() -> {
        Context alice = Context.current().withValue(user, "alice");
        Context outer = alice.attach();
        var child =
            Asyncio.createTask(() -> {
              Asyncio.sleep(Duration.ofMillis(1));
              seen.add("task " + user.get());
            });
        Asyncio.toThread(() -> seen.add("job " + user.get()));
        Loop.running().callSoon(() -> seen.add("callback " + user.get()));
        alice.detach(outer);
        child.await();
        seen.add("main " + user.get());
      });
    }

    assertThat(seen)
        .containsExactlyInAnyOrder("job alice", "callback alice", "task alice", "main null");
  }
}
