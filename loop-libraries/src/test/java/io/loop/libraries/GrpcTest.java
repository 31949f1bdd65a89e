package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.wrapFuture;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.loop.Asyncio;
import io.loop.netty.LoopGroup;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// gRPC, not shaded, on the event loops of a group.
final class GrpcTest extends InCoroutines {

  private static final String SLOW = "slow";

  private static final MethodDescriptor<String, String> GREET =
      MethodDescriptor.<String, String>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName("test.Greeter/Greet")
          .setRequestMarshaller(new Text())
          .setResponseMarshaller(new Text())
          .build();

  /// Strings as messages.
  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), UTF_8);
      } catch (IOException fault) {
        throw new UncheckedIOException(fault);
      }
    }
  }

  private final CompletableFuture<@Nullable Void> asked = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> cancelled = new CompletableFuture<>();

  private String greet(String name) {
    if (name.equals(SLOW)) {
      asked.complete(null);
      try {
        Asyncio.sleep(Duration.ofDays(1));
      } finally {
        cancelled.complete(null);
      }
    }
    return "hello " + name;
  }

  // recipe: grpc
  static <T> void answer(LoopGroup group, Coro<T> body, StreamObserver<T> observer) {
    CompletableFuture<T> answer = runCoroutineThreadsafe(body, group.next());
    ((ServerCallStreamObserver<T>) observer).setOnCancelHandler(() -> answer.cancel(true));
    var _ =
        answer.whenComplete((message, fault) -> {
          if (answer.isCancelled()) {
            observer.onError(Status.CANCELLED.asException());
          } else if (fault != null) {
            observer.onError(Status.fromThrowable(fault).asException());
          } else {
            observer.onNext(message);
            observer.onCompleted();
          }
        });
  }

  // end

  private interface Body {
    void run(ManagedChannel channel) throws Exception;
  }

  private void with(Body body) throws Exception {
    try (var group = new LoopGroup(1, Transport.NIO)) {
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .bossEventLoopGroup(group.eventLoops())
              .workerEventLoopGroup(group.eventLoops())
              .channelType(Transport.NIO.serverType())
              .addService(
                  ServerServiceDefinition.builder("test.Greeter")
                      .addMethod(
                          GREET,
                          ServerCalls.asyncUnaryCall(
                              (name, observer) -> answer(group, () -> greet(name), observer)))
                      .build())
              .build()
              .start();
      ManagedChannel channel =
          NettyChannelBuilder.forAddress(server.getListenSockets().getFirst())
              .eventLoopGroup(group.eventLoops())
              .channelType(Transport.NIO.socketType())
              .usePlaintext()
              .build();
      try {
        run(() -> body.run(channel));
      } finally {
        channel.shutdown().awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        server.shutdown().awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
    }
  }

  private static String ask(ManagedChannel channel, String name) {
    return ClientCalls.blockingUnaryCall(channel, GREET, CallOptions.DEFAULT, name);
  }

  @Test
  void blockingStub_inCoroutines_isAnsweredByCoroutines() throws Exception {
    with(channel ->
        assertThat(Asyncio.gather(() -> ask(channel, "a"), () -> ask(channel, "b")).await())
            .containsExactly("hello a", "hello b"));
  }

  @Test
  void blockingStub_cancelled_cancelsTheCallOnBothSides() throws Exception {
    with(channel -> {
      Task<String> waiting = createTask(() -> ask(channel, SLOW));
      wrapFuture(asked).await();

      waiting.cancel();

      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      wrapFuture(cancelled).await();
    });
  }

  @Test
  void futureStub_cancelledWithGuavasRecipe_cancelsTheCallOnBothSides() throws Exception {
    with(channel -> {
      Task<String> waiting =
          createTask(() -> {
            var call =
                ClientCalls.futureUnaryCall(channel.newCall(GREET, CallOptions.DEFAULT), SLOW);
            return wrapFuture(GuavaFutures.stageOf(call)).await();
          });
      wrapFuture(asked).await();

      waiting.cancel();

      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      wrapFuture(cancelled).await();
    });
  }
}
