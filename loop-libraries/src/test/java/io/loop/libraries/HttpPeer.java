package io.loop.libraries;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A web server that answers `/` with `hello`, and any other path when it is told to.
///
/// It runs on threads of its own, without the loop.
final class HttpPeer implements AutoCloseable {

  static final String ANSWER = "hello";

  private final ServerSocket listener;
  private final CompletableFuture<@Nullable Void> asked = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> gone = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> released = new CompletableFuture<>();

  HttpPeer() throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /// {@return the address that is answered at once}
  URI quick() {
    return URI.create("http://127.0.0.1:" + port() + "/");
  }

  /// {@return the address that is answered after [#release]}
  URI slow() {
    return URI.create("http://127.0.0.1:" + port() + "/slow");
  }

  /// {@return what is completed when a request for [#slow] has come}
  CompletableFuture<@Nullable Void> asked() {
    return asked;
  }

  /// {@return what is completed when the client has ended the connection of that request}
  CompletableFuture<@Nullable Void> gone() {
    return gone;
  }

  void release() {
    released.complete(null);
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = listener.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      }
    } catch (IOException closed) {
      if (!listener.isClosed()) {
        throw new UncheckedIOException(closed);
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      var in = new BufferedReader(new InputStreamReader(connection.getInputStream(), US_ASCII));
      String request = in.readLine();
      String line = request;
      while (line != null && !line.isEmpty()) {
        line = in.readLine();
      }
      if (request != null && request.contains("/slow")) {
        asked.complete(null);
        Thread.ofVirtual().start(() -> noteEnd(in));
        released.join();
      }
      String answer =
          "HTTP/1.1 200 OK\r\nContent-Length: "
              + ANSWER.length()
              + "\r\nConnection: close\r\n\r\n"
              + ANSWER;
      connection.getOutputStream().write(answer.getBytes(US_ASCII));
    } catch (IOException lost) {
      gone.complete(null);
    }
  }

  private void noteEnd(BufferedReader in) {
    try {
      while (in.read() >= 0) {
        // what follows the request is of no interest
      }
    } catch (IOException lost) {
      // that is an end too
    }
    gone.complete(null);
  }

  @Override
  public void close() throws IOException {
    release();
    listener.close();
  }
}
