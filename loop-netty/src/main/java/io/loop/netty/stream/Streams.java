package io.loop.netty.stream;

import io.loop.context.Context;
import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.connection.BufferSegment;
import io.loop.netty.connection.Connection;
import io.loop.netty.connection.FileSending;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.socket.Sockets;
import io.loop.netty.socket.UnixSocketFile;
import io.loop.netty.transport.TlsOptions;
import io.loop.stream.Segment;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// TCP connections as streams of bytes.
///
/// Coroutines only, on a loop that runs on Netty. A loop that is attached to an existing event loop
/// is one of these.
///
/// Source: `asyncio.start_server` and `asyncio.open_connection`, Python 3.15.
public final class Streams {

  private Streams() {}

  /// Starts a server with the default options; see [#startServer(ConnectionBody, String, int,
  /// ServerOptions)].
  ///
  /// @param body serves a connection
  /// @param host the host or address to listen on; empty for all addresses of both families
  /// @param port the port; 0 for a free one
  /// @return the server, which accepts connections
  /// @throws IOException if the address cannot be bound
  public static Server startServer(ConnectionBody body, String host, int port) throws IOException {
    return startServer(body, host, port, ServerOptions.DEFAULT);
  }

  /// Starts a server. Suspends.
  ///
  /// Each connection is served by its own task, in a copy of the caller's context. The connection
  /// stays on one loop, and is closed when its body ends.
  ///
  /// Source: `asyncio.start_server`.
  ///
  /// @param body serves a connection
  /// @param host the host or address to listen on. The server listens on all addresses of a host
  ///   name; empty means all addresses of the machine. `0.0.0.0` means IPv4 only, `::` IPv6 only
  /// @param port the port; 0 for a free one
  /// @param options limits, loops, grace period, TLS
  /// @return the server, which accepts connections
  /// @throws IOException if the address cannot be bound
  /// @throws IllegalArgumentException if the port is not from 0 to 65535
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static Server startServer(
      ConnectionBody body, String host, int port, ServerOptions options) throws IOException {
    return startServer(body, List.of(host), port, options);
  }

  /// Starts a server on several hosts; see [#startServer(ConnectionBody, String, int,
  /// ServerOptions)].
  ///
  /// @param body serves a connection
  /// @param hosts the hosts or addresses to listen on; duplicates are ignored
  /// @param port the port; 0 for a free one. Each address then gets its own free port, but
  ///   `0.0.0.0` and `::` share one
  /// @param options limits, loops, grace, TLS
  /// @return the server
  /// @throws IOException if an address is in use, or none of them belongs to this machine
  /// @throws IllegalArgumentException if the port is not from 0 to 65535
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static Server startServer(
      ConnectionBody body, List<String> hosts, int port, ServerOptions options) throws IOException {
    Objects.requireNonNull(body, "body");
    Addresses.requirePort(port);
    Loop loop = Loop.running();
    var server = new Server(loop, options);
    var accepting = new Accepting(server.connections(), body, options, Context.copyCurrent());
    List<Channel> bound = new Listening(loop, accepting, options).bind(hosts, port);
    server.listenOn(bound, null, options.startServing());
    return server;
  }

  /// Starts a server on a Unix socket. Suspends.
  ///
  /// An existing socket file at `path` is removed first; any other file there is an error. The
  /// server removes its file when it closes, unless another file has replaced it.
  ///
  /// Source: `asyncio.start_unix_server`.
  ///
  /// @param body serves a connection
  /// @param path the file
  /// @param options limits, loops, grace, TLS
  /// @return the server
  /// @throws IOException if the file cannot be created
  /// @throws IllegalArgumentException if the options have an inherited socket
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static Server startUnixServer(ConnectionBody body, Path path, ServerOptions options)
      throws IOException {
    Objects.requireNonNull(body, "body");
    options.requireNoInheritedSocket();
    Loop loop = Loop.running();
    var server = new Server(loop, options);
    var accepting = new Accepting(server.connections(), body, options, Context.copyCurrent());
    var file = new UnixSocketFile(path.toAbsolutePath());
    file.removeStale();
    List<Channel> bound =
        new Listening(loop, accepting, options)
            .bind(Sockets.unixAddress(NettyDriver.of(loop).transport(), path));
    file.identify();
    server.listenOn(bound, file, options.startServing());
    return server;
  }

  /// Opens a connection with the default options; see [#openConnection(String, int,
  /// ConnectionOptions)].
  ///
  /// @param host the peer's host or address
  /// @param port its port
  /// @return the connection
  /// @throws IOException if no address of the host can be reached
  public static StreamConnection openConnection(String host, int port) throws IOException {
    return openConnection(host, port, ConnectionOptions.DEFAULT);
  }

  /// Opens a connection. Suspends; a cancellation leaves no connection behind.
  ///
  /// The host's addresses are tried in the resolver's order, unless the options say otherwise. If
  /// all of them fail with the same message, the first failure is thrown; otherwise one that names
  /// them all. With TLS, this returns after the handshake. If the options set no limit, the
  /// operating system decides how long to try an address: about two minutes on Linux.
  ///
  /// Source: `asyncio.open_connection`.
  ///
  /// @param host the peer's host or address
  /// @param port its port
  /// @param options the reader's limit, timeouts, TLS
  /// @return the connection
  /// @throws javax.net.ssl.SSLHandshakeException if the peer does not speak TLS, its certificate is
  ///   not trusted, or the certificate is for another host
  /// @throws IOException if no address of the host can be reached
  /// @throws IllegalArgumentException if the port is not from 0 to 65535, or the TLS context is for
  ///   a server
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static StreamConnection openConnection(String host, int port, ConnectionOptions options)
      throws IOException {
    Addresses.requirePort(port);
    return new StreamOpening(Loop.running(), options).open(host, port);
  }

  /// Opens a connection to a Unix socket. Suspends; a cancellation leaves no connection behind.
  ///
  /// Source: `asyncio.open_unix_connection`.
  ///
  /// @param path the socket's file
  /// @param options the reader's limit, and TLS, which needs the server's name here; the other
  ///   options are for network connections and are ignored
  /// @return the connection
  /// @throws IOException if no server listens there
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static StreamConnection openUnixConnection(Path path, ConnectionOptions options)
      throws IOException {
    return new StreamOpening(Loop.running(), options).openUnix(path);
  }

  /// {@return what has arrived, as a buffer: at least one byte; null at the end} Suspends, and is a
  /// cancellation point, only if nothing has arrived; a cancelled call takes nothing.
  ///
  /// The caller must release the buffer, or pass it on, for example to [#write]. It is usually the
  /// one that Netty has read into, so nothing is copied. From the first call on, a connection keeps
  /// Netty's buffers until they are received. The reader's own methods can be called in between.
  ///
  /// ```java
  /// for (ByteBuf block; (block = Streams.read(reader, 65_536)) != null; ) {
  ///   Streams.write(writer, block);
  ///   writer.drain();
  /// }
  /// ```
  ///
  /// @param reader the reader of any stream
  /// @param n the highest number of bytes to return; at least 1
  /// @throws IOException if the connection failed
  /// @throws IllegalArgumentException if n is below 1
  public static @Nullable ByteBuf read(StreamReader reader, int n) throws IOException {
    return switch (reader.readSegment(n)) {
      case null -> null;
      case BufferSegment netty -> netty.buffer();
      case Segment other -> copyOf(other);
    };
  }

  private static ByteBuf copyOf(Segment segment) {
    var bytes = new byte[segment.length()];
    segment.copyTo(bytes, 0);
    segment.release();
    return Unpooled.wrappedBuffer(bytes);
  }

  /// Writes a buffer without copying it, after everything written before. Never suspends; call
  /// [StreamWriter#drain] as after every write.
  ///
  /// The buffer belongs to the connection from now on, also if this throws. On a connection that is
  /// closing or lost it is released, and [StreamWriter#drain] throws.
  ///
  /// @param writer the writer of a connection that was opened or accepted here
  /// @param data the bytes
  /// @throws IllegalArgumentException if the writer is not one of a connection
  /// @throws IllegalStateException after [StreamWriter#writeEof], or while a file is being sent
  public static void write(StreamWriter writer, ByteBuf data) {
    Connection connection;
    try {
      connection = Connection.of(writer);
      connection.loop().checkTurn();
    } catch (RuntimeException refused) {
      data.release();
      throw refused;
    }
    connection.transport().write(data);
  }

  /// Sends a whole file, after everything written before; see [#sendfile(StreamWriter, FileChannel,
  /// long, long)].
  ///
  /// @param writer the writer of a connection that was opened or accepted here
  /// @param file the file
  /// @return how many bytes were sent
  /// @throws IOException if the file cannot be read, or the connection is lost
  public static long sendfile(StreamWriter writer, Path file) throws IOException {
    return new FileSending(writer, FileChannel.open(file)).sendAndClose();
  }

  /// Sends a part of a file, after everything written before. Suspends. When it returns, the peer's
  /// system has the data; with TLS and on Unix sockets, the writer may still hold some of it.
  ///
  /// On plain connections the operating system sends the file without copying it into this process,
  /// except on io_uring. Nothing else can be written until this finishes. When it returns or
  /// throws, the file's position is after the last byte sent. The file is sent in pieces of at most
  /// 1 MiB. A cancellation stops it after the current piece, and more of that piece may be sent
  /// than the position says.
  ///
  /// Source: `loop.sendfile`, always with its fallback.
  ///
  /// @param writer the writer of a connection that was opened or accepted here
  /// @param file the file. It is not closed here, and after a cancellation it must stay open until
  ///   the current piece is sent
  /// @param offset where to start, in bytes
  /// @param count how many bytes; fewer are sent if the file is shorter
  /// @return how many bytes were sent
  /// @throws IOException if the file cannot be read, or the connection is lost. If the system
  ///   cannot continue, for example because the file was closed, the connection is closed
  /// @throws IllegalArgumentException if offset or count is negative, or the writer is not one of a
  ///   connection
  /// @throws IllegalStateException if the connection is closing, or is already sending a file
  public static long sendfile(StreamWriter writer, FileChannel file, long offset, long count)
      throws IOException {
    return new FileSending(writer, file).send(offset, count);
  }

  /// Upgrades an open connection to TLS: as the client if this side opened the connection, as the
  /// server if it was accepted. Drains what was written before, then suspends until the handshake
  /// is done. If it fails or is cancelled, the connection is closed.
  ///
  /// The reader and the writer stay the same. Bytes that have arrived but were not read are taken
  /// as the start of the peer's handshake. No coroutine should read until this returns.
  ///
  /// Source: `StreamWriter.start_tls`, Python 3.15. There a client's reader keeps the bytes it has
  /// buffered, so an attacker on the network could inject data that seems to come from the server.
  ///
  /// @param writer the writer of a connection that was opened or accepted here
  /// @param tls how to protect it; a client that checks the host name must set the server's name
  /// @throws javax.net.ssl.SSLHandshakeException if the handshake fails
  /// @throws IOException if the connection is lost
  /// @throws IllegalArgumentException if the writer is not one of a connection, the context is for
  ///   the other side, or the host name is missing
  /// @throws IllegalStateException if the connection already has TLS, or is closing
  public static void startTls(StreamWriter writer, TlsOptions tls) throws IOException {
    Connection connection = Connection.of(writer);
    if (connection.tls().isOn()) {
      throw new IllegalStateException("the connection already has TLS");
    }
    writer.drain();
    if (connection.tls().isOn()) {
      throw new IllegalStateException(
          "another coroutine is already starting TLS on this connection");
    }
    if (connection.isClosing()) {
      throw new IllegalStateException("the connection is closing");
    }
    if (connection.isAccepted()) {
      StreamOpening.secureAsServer(connection, tls);
    } else {
      StreamOpening.secureAsClient(connection, tls, null, 0);
    }
  }
}
