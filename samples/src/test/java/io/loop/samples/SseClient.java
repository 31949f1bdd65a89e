package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/// Talks to the sample `sse` over a plain socket, and shows the events that it receives.
final class SseClient implements AutoCloseable {

  private static final int PATIENCE_MILLIS = 30_000;
  private static final int SMALL = 4096;

  private final Socket socket = new Socket();
  private final EmbeddedChannel codec = new EmbeddedChannel(new HttpClientCodec());
  private final StringBuilder received = new StringBuilder();

  SseClient(int port) throws IOException {
    socket.setReceiveBufferSize(SMALL); // so that it is soon full
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  /// Connects and asks for the events after one of them.
  ///
  /// @param lastEventId the id of that event; empty if there was none
  static SseClient streaming(int port, String lastEventId) throws IOException {
    var client = new SseClient(port);
    FullHttpRequest request = client.request(HttpMethod.GET, "/events");
    if (!lastEventId.isEmpty()) {
      request.headers().set("Last-Event-ID", lastEventId);
    }
    client.send(request);
    HttpResponse response = client.receiveHead();
    if (response.status().code() != 200) {
      throw new IOException(response.toString());
    }
    return client;
  }

  Socket socket() {
    return socket;
  }

  FullHttpRequest request(HttpMethod method, String uri) {
    var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, uri);
    request.headers().set(HttpHeaderNames.HOST, "localhost:" + socket.getPort());
    return request;
  }

  void send(FullHttpRequest request) throws IOException {
    codec.writeOutbound(request);
    for (ByteBuf part; (part = codec.readOutbound()) != null; part.release()) {
      part.readBytes(socket.getOutputStream(), part.readableBytes());
    }
  }

  void sendText(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  HttpResponse receiveHead() throws IOException {
    return (HttpResponse) receive();
  }

  private HttpObject receive() throws IOException {
    HttpObject next;
    byte[] block = new byte[SMALL];
    while ((next = codec.readInbound()) == null) {
      int length = socket.getInputStream().read(block);
      if (length < 0) {
        throw new EOFException("the server closed the connection");
      }
      codec.writeInbound(Unpooled.copiedBuffer(block, 0, length));
    }
    return next;
  }

  /// {@return the next event or comment, without its empty line; `(end)` at the end of the stream}
  String readEvent() throws IOException {
    int end;
    while ((end = received.indexOf("\n\n")) < 0) {
      var content = (HttpContent) receive();
      received.append(content.content().toString(ISO_8859_1));
      content.release();
      if (content instanceof LastHttpContent) {
        return "(end)";
      }
    }
    String event = received.substring(0, end);
    received.delete(0, end + 2);
    return event;
  }

  /// {@return the id of the next event} Passes over what has none.
  long readId() throws IOException {
    for (String event = readEvent(); ; event = readEvent()) {
      if (event.equals("(end)")) {
        throw new EOFException("the stream has ended");
      }
      if (event.startsWith("id: ")) {
        return id(event);
      }
    }
  }

  static long id(String event) {
    return Long.parseLong(event.replaceFirst("(?s)^id: (\\d+)\n.*", "$1"));
  }

  static double lag(String event) {
    return Double.parseDouble(event.replaceFirst("(?s).*\"lag\": ([0-9.]+).*", "$1"));
  }

  static int tasks(String event) {
    return Integer.parseInt(event.replaceFirst("(?s).*\"tasks\": (\\d+).*", "$1"));
  }

  @Override
  public void close() throws IOException {
    socket.close();
    codec.finishAndReleaseAll();
  }
}
