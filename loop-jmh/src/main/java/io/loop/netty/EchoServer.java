package io.loop.netty;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.event.Loop;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.poller.EventLoops;
import io.loop.netty.stream.ConnectionBody;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.Tasks;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// An echo server on the loopback address, Loop's or another library's.
///
/// Each server has one worker thread. Those on virtual threads use the JDK's scheduler, with as
/// many threads as the JVM's flags say, one in the benchmarks. [VertxEchoServer] says where Vert.x
/// needs two. Loop's servers have the bodies of the samples. Close a server after its clients have
/// disconnected.
final class EchoServer {

  private static final int BLOCK = 65_536;
  private static final int BLOCKING_BLOCK = 8_192; // each connection always holds one
  static final int BACKLOG = ServerOptions.DEFAULT.backlog();
  private static final int MAX_CONNECTIONS = 20_000;

  private static final ServerOptions OPTIONS =
      ServerOptions.DEFAULT
          .withGrace(Duration.ofSeconds(1))
          .withLimits(ServerLimits.DEFAULT.withConnections(MAX_CONNECTIONS, MAX_CONNECTIONS));

  @FunctionalInterface
  interface Closing {
    void close() throws IOException, InterruptedException;
  }

  /// Listens, reports the address, and serves until it is cancelled.
  @FunctionalInterface
  private interface Body {
    void serve(CompletableFuture<Bound> bound) throws Exception;
  }

  private record Bound(int port, Runnable cancel) {

    /// {@return the server of the task that calls this}
    static Bound here(InetSocketAddress address) {
      Loop loop = Loop.running();
      Task<?> task = Objects.requireNonNull(Task.current());
      return new Bound(address.getPort(), () -> loop.callSoonThreadsafe(task::cancel));
    }
  }

  private final int port;
  private final Closing closing;

  EchoServer(int port, Closing closing) {
    this.port = port;
    this.closing = closing;
  }

  /// {@return the server that a benchmark's method is named after}
  ///
  /// @param method the name, with everything before it
  /// @param transport the transport of the server; not used by the one on virtual threads
  static EchoServer start(String method, Transport transport)
      throws IOException, InterruptedException {
    return switch (method.substring(method.lastIndexOf('.') + 1)) {
      case "streams" -> streams(transport, EchoServer::echo);
      case "streamsInto" -> streams(transport, EchoServer::echoInto);
      case "streamsBuffers" -> streams(transport, EchoServer::echoBuffers);
      case "channel" -> channel(transport);
      case "channelAttached" -> onNetty(transport, coroutines());
      case "rawNetty" -> onNetty(transport, RawEchoServer.echo());
      case "rawNettyArrays" -> onNetty(transport, RawEchoServer.echoArrays());
      case "rawNettyAndThread" -> onNetty(transport, ParkedThreadHandler.echo());
      case "blockingVirtualThreads" -> blockingVirtualThreads();
      case "vertx" -> VertxEchoServer.onEventLoop(transport);
      case "vertxVirtualThread" -> VertxEchoServer.onVirtualThreads(transport);
      case "reactorNetty" -> ReactorEchoServer.start(transport);
      default -> throw new IllegalArgumentException("no server for " + method);
    };
  }

  private static EchoServer streams(Transport transport, ConnectionBody body) {
    return onLoop(
        transport,
        bound -> {
          Server server = Streams.startServer(body, "127.0.0.1", 0, OPTIONS);
          bound.complete(Bound.here(server.localAddress()));
          server.serveForever();
        });
  }

  private static void echo(StreamReader reader, StreamWriter writer) throws IOException {
    byte[] block = reader.read(BLOCK);
    while (block.length > 0) {
      writer.write(block);
      writer.drain();
      block = reader.read(BLOCK);
    }
  }

  private static void echoInto(StreamReader reader, StreamWriter writer) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    while (reader.readInto(block.clear()) >= 0) {
      writer.write(block.array(), 0, block.position());
      writer.drain();
    }
  }

  private static void echoBuffers(StreamReader reader, StreamWriter writer) throws IOException {
    for (ByteBuf block; (block = Streams.read(reader, BLOCK)) != null; ) {
      Streams.write(writer, block);
      writer.drain();
    }
  }

  private static EchoServer channel(Transport transport) {
    return onLoop(
        transport,
        bound -> {
          IoEventLoop here = NettyLoop.eventLoop(Loop.running());
          var bootstrap = RawEchoServer.bootstrap(here, here, transport.serverType(), coroutines());
          ChannelFuture binding = Tasks.onLoopThread(() -> bootstrap.bind("127.0.0.1", 0));
          NettyFutures.await(binding);
          Channel server = binding.channel();
          try {
            bound.complete(Bound.here((InetSocketAddress) server.localAddress()));
            NettyFutures.await(server.closeFuture());
          } finally {
            Tasks.onLoopThread(server::close);
          }
        });
  }

  private static ChannelInitializer<Channel> coroutines() {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel.pipeline().addLast(CoroutineHandler.of(ByteBuf.class, EchoServer::echo));
      }
    };
  }

  private static void echo(CoroutineChannel<ByteBuf> channel) throws IOException {
    for (ByteBuf block : channel) {
      channel.write(block);
      channel.drain();
    }
  }

  private static EchoServer onLoop(Transport transport, Body body) {
    var bound = new CompletableFuture<Bound>();
    var options =
        Runner.Options.DEFAULT.withLoopFactory(() -> NettyLoop.create(transport)).withoutSignals();
    Thread thread =
        Thread.ofPlatform()
            .name("server")
            .start(() -> {
              try {
                Asyncio.run(Coro.of(() -> body.serve(bound)), options);
              } catch (CancelledError asked) {
                // by close()
              } catch (Throwable fault) {
                bound.completeExceptionally(fault);
                throw fault;
              }
            });
    Bound server = bound.join();
    return new EchoServer(
        server.port(),
        () -> {
          server.cancel().run();
          thread.join();
        });
  }

  private static EchoServer onNetty(Transport transport, ChannelInitializer<Channel> pipeline)
      throws InterruptedException {
    var group = new MultiThreadIoEventLoopGroup(1, EventLoops.newHandlerFactory(transport));
    Channel server = RawEchoServer.bind(group, group, transport.serverType(), 0, pipeline);
    int port = ((InetSocketAddress) server.localAddress()).getPort();
    return new EchoServer(
        port, () -> group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly());
  }

  private static EchoServer blockingVirtualThreads() throws IOException {
    var server = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    Thread acceptor = Thread.startVirtualThread(() -> acceptAll(server));
    return new EchoServer(
        server.getLocalPort(),
        () -> {
          server.close();
          acceptor.join();
        });
  }

  private static void acceptAll(ServerSocket server) {
    try {
      for (; ; ) {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true); // as Netty does
        Thread.startVirtualThread(() -> echo(socket));
      }
    } catch (IOException closed) {
      // by close()
    }
  }

  private static void echo(Socket socket) {
    byte[] block = new byte[BLOCKING_BLOCK];
    try (socket) {
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      for (int length; (length = in.read(block)) >= 0; ) {
        out.write(block, 0, length);
      }
    } catch (IOException lost) {
      // the client has gone
    }
  }

  int port() {
    return port;
  }

  void close() throws IOException, InterruptedException {
    closing.close();
  }
}
