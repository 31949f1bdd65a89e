package io.loop.netty;

import io.loop.event.Context;
import io.loop.event.Loop;
import io.loop.stream.StreamWriter;
import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// TCP connections as streams of bytes.
///
/// Coroutines of a loop that runs on Netty only, one that is attached to somebody else's event loop
/// too.
///
/// Source: `asyncio.start_server` and `asyncio.open_connection`, Python 3.15.
public final class Streams {

  /// Netty calls a channel writable again below the low mark, asyncio at it.
  static final WriteBufferWaterMark WATER_MARKS =
      new WriteBufferWaterMark(ConnectionHandler.LOW_WATER + 1, ConnectionHandler.HIGH_WATER);

  private Streams() {}

  /// Starts a server with the default options; as [#startServer(ConnectionBody, String, int,
  /// ServerOptions)].
  ///
  /// @param body serves a connection
  /// @param host the host or address to listen on; empty for all addresses of both families
  /// @param port the port; 0 for a free one
  /// @return the server, accepting
  /// @throws IOException if the address cannot be had
  public static Server startServer(ConnectionBody body, String host, int port) throws IOException {
    return startServer(body, host, port, ServerOptions.DEFAULT);
  }

  /// Starts a server. Suspends.
  ///
  /// Each connection is served by a task of its own, on one loop for life, in a copy of the
  /// caller's context. The connection is closed when its body ends.
  ///
  /// Source: `asyncio.start_server`.
  ///
  /// @param body serves a connection
  /// @param host the host or address to listen on, of a host all addresses; empty for all addresses
  ///   of the machine. `0.0.0.0` is for IPv4 only, and `::` for IPv6 only
  /// @param port the port; 0 for a free one
  /// @param options limits, loops and grace
  /// @return the server, accepting
  /// @throws IOException if the address cannot be had
  /// @throws IllegalArgumentException if the port is not from 0 to 65535
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static Server startServer(
      ConnectionBody body, String host, int port, ServerOptions options) throws IOException {
    return startServer(body, List.of(host), port, options);
  }

  /// Starts a server on several hosts; as [#startServer(ConnectionBody, String, int,
  /// ServerOptions)].
  ///
  /// @param body serves a connection
  /// @param hosts the hosts or addresses to listen on; an address that comes twice counts once
  /// @param port the port; 0 for a free one for each address, but `0.0.0.0` and `::` have the same
  /// @param options limits, loops, grace, TLS
  /// @return the server
  /// @throws IOException if an address is taken, or none of them is this machine's
  /// @throws IllegalArgumentException if the port is not from 0 to 65535
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static Server startServer(
      ConnectionBody body, List<String> hosts, int port, ServerOptions options) throws IOException {
    Objects.requireNonNull(body, "body");
    Addresses.requirePort(port);
    Loop loop = Loop.running();
    var server = new Server(loop, options);
    var accepting = new Accepting(server, body, options, Context.copyCurrent());
    List<Channel> bound = new Listening(loop, accepting, options).bind(hosts, port);
    server.listenOn(bound, null, options.startServing());
    return server;
  }

  /// Starts a server on a Unix socket. Suspends.
  ///
  /// A socket file that is there already is removed; any other file is in the way. The file is
  /// removed when the server closes, unless another one is in its place by then.
  ///
  /// Source: `asyncio.start_unix_server`.
  ///
  /// @param body serves a connection
  /// @param path the file
  /// @param options limits, loops, grace, TLS
  /// @return the server
  /// @throws IOException if the file cannot be made
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static Server startUnixServer(ConnectionBody body, Path path, ServerOptions options)
      throws IOException {
    Objects.requireNonNull(body, "body");
    Loop loop = Loop.running();
    var server = new Server(loop, options);
    var accepting = new Accepting(server, body, options, Context.copyCurrent());
    var file = new UnixSocketFile(path.toAbsolutePath());
    file.removeStale();
    List<Channel> bound =
        new Listening(loop, accepting, options)
            .bind(NettyDriver.of(loop).transport().unixAddress(path));
    file.identify();
    server.listenOn(bound, file, options.startServing());
    return server;
  }

  /// Opens a connection with the default options; as [#openConnection(String, int,
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
  /// The host's addresses are tried in the resolver's order, or as the options say. If all fail and
  /// say the same the first failure is thrown, else one that names them all. With TLS the handshake
  /// is over when this returns. Unless the options limit it, a peer that does not answer is tried
  /// for as long as the system does, about two minutes on Linux.
  ///
  /// Source: `asyncio.open_connection`.
  ///
  /// @param host the peer's host or address
  /// @param port its port
  /// @param options its limit, and TLS
  /// @return the connection
  /// @throws javax.net.ssl.SSLHandshakeException if the peer does not do TLS, or is not whom we
  ///   trust, or is not the host
  /// @throws IOException if no address of the host can be reached
  /// @throws IllegalArgumentException if the port is not from 0 to 65535, or the TLS context is a
  ///   server's
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static StreamConnection openConnection(String host, int port, ConnectionOptions options)
      throws IOException {
    Addresses.requirePort(port);
    return new Opening(Loop.running(), options).open(host, port);
  }

  /// Opens a connection to a Unix socket. Suspends; a cancellation leaves no connection behind.
  ///
  /// Source: `asyncio.open_unix_connection`.
  ///
  /// @param path the socket's file
  /// @param options its limit, and TLS, which then needs the server's name; the rest is for the
  ///   network
  /// @return the connection
  /// @throws IOException if nobody listens there
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static StreamConnection openUnixConnection(Path path, ConnectionOptions options)
      throws IOException {
    return new Opening(Loop.running(), options).openUnix(path);
  }

  /// Sends a whole file, behind what was written before; as [#sendfile(StreamWriter, FileChannel,
  /// long, long)].
  ///
  /// @param writer the writer of a connection that was opened or accepted here
  /// @param file the file
  /// @return how many bytes were sent
  /// @throws IOException if it cannot be read, or the connection is lost
  public static long sendfile(StreamWriter writer, Path file) throws IOException {
    return new FileSending(writer, FileChannel.open(file)).sendAndClose();
  }

  /// Sends a part of a file, behind what was written before. Suspends; when it returns the peer's
  /// system has it, or with TLS and on Unix sockets what is not sent is in the writer.
  ///
  /// On plain connections the system sends it without copying it here, but not on io_uring. Nothing
  /// else can be written meanwhile. When this ends, in whatever way, the file's position is behind
  /// what was sent. A cancellation stops it after a piece of at most a mebibyte, of which more may
  /// go out than the position tells.
  ///
  /// Source: `loop.sendfile`, always with its fallback.
  ///
  /// @param writer the writer of a connection that was opened or accepted here
  /// @param file the file, which stays open, and must until a piece that was cancelled is sent
  /// @param offset where to begin
  /// @param count how many bytes; less are sent if the file is shorter
  /// @return how many bytes were sent
  /// @throws IOException if the file cannot be read, or the connection is lost. If the system
  ///   cannot send on, since the file was closed for instance, the connection is closed
  /// @throws IllegalArgumentException if offset or count is negative, or the writer not of this
  ///   kind
  /// @throws IllegalStateException if the connection is closing or sends a file already
  public static long sendfile(StreamWriter writer, FileChannel file, long offset, long count)
      throws IOException {
    return new FileSending(writer, file).send(offset, count);
  }

  /// Goes on with TLS on a connection that is open: on the client's side if this side opened it, on
  /// the server's if it was accepted. Suspends, after what was written before has been drained; if
  /// it fails or is cancelled the connection is closed.
  ///
  /// Reader and writer stay the same. What the peer has sent and nobody has read is taken for the
  /// beginning of its handshake. Nobody should read meanwhile.
  ///
  /// Source: `StreamWriter.start_tls`, Python 3.15; there a client's reader keeps what it has, so
  /// that somebody on the way could put words in the server's mouth.
  ///
  /// @param writer the writer of a connection that was opened or accepted here
  /// @param tls how to protect it; a client that checks the host name sets the server's
  /// @throws javax.net.ssl.SSLHandshakeException if the handshake fails
  /// @throws IOException if the connection is lost
  /// @throws IllegalArgumentException if the writer is not of this kind, the context is for the
  ///   other side, or the host name is missing
  /// @throws IllegalStateException if it has TLS already, or is closing
  public static void startTls(StreamWriter writer, TlsOptions tls) throws IOException {
    ConnectionHandler connection = ConnectionHandler.of(writer);
    if (connection.isTls()) {
      throw new IllegalStateException("the connection has TLS already");
    }
    writer.drain();
    if (connection.isTls()) {
      throw new IllegalStateException("another coroutine has begun to start TLS here");
    }
    if (connection.isClosing()) {
      throw new IllegalStateException("the connection is closing");
    }
    if (connection.isAccepted()) {
      Opening.secureAsServer(connection, tls);
    } else {
      Opening.secureAsClient(connection, tls, null, 0);
    }
  }
}
