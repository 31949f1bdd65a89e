package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;

/// Talks to the sample `websocket` over a plain socket, and shows what it receives as text.
final class WebsocketClient implements AutoCloseable {

  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket;
  private final EmbeddedChannel codec =
      new EmbeddedChannel(
          new WebSocket13FrameDecoder(
              WebSocketDecoderConfig.newBuilder().expectMaskedFrames(false).build()),
          new WebSocket13FrameEncoder(true));

  WebsocketClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /// Connects, and enters the room with a name.
  static WebsocketClient named(int port, String name) throws IOException {
    var client = new WebsocketClient(port);
    client.shakeHands();
    client.say(name);
    String answer = client.hearUntil("* " + name + " joined");
    if (answer.startsWith("CLOSE")) {
      client.close();
      throw new IOException(answer);
    }
    return client;
  }

  static String handshake(int port, String... headers) {
    return "GET /chat HTTP/1.1\r\nHost: localhost:"
        + port
        + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + String.join("", headers)
        + "\r\n";
  }

  Socket socket() {
    return socket;
  }

  void shakeHands() throws IOException {
    sendText(handshake(socket.getPort()));
    String head = readHead();
    if (!head.startsWith("HTTP/1.1 101 ")) {
      throw new IOException(head);
    }
  }

  void sendText(String text) throws IOException {
    sendBytes(text.getBytes(ISO_8859_1));
  }

  void sendBytes(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /// {@return the first line of an answer and its headers}
  String readHead() throws IOException {
    InputStream in = socket.getInputStream();
    var head = new ByteArrayOutputStream();
    while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("the server closed the connection after: " + head);
      }
      head.write(next);
    }
    return head.toString(ISO_8859_1);
  }

  /// {@return all that comes until the server closes the connection}
  String readAll() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
  }

  void say(String text) throws IOException {
    send(new TextWebSocketFrame(text));
  }

  void send(WebSocketFrame frame) throws IOException {
    sendBytes(encode(frame));
  }

  byte[] encode(WebSocketFrame frame) {
    codec.writeOutbound(frame);
    ByteBuf all = Unpooled.buffer();
    for (ByteBuf part; (part = codec.readOutbound()) != null; part.release()) {
      all.writeBytes(part);
    }
    return ByteBufUtil.getBytes(all);
  }

  /// {@return the next text, or `CLOSE 1000 reason`} Answers the server's pings.
  String hear() throws IOException {
    for (String next = receive(); ; next = receive()) {
      if (next.equals("PING")) {
        send(new PongWebSocketFrame());
      } else {
        return next;
      }
    }
  }

  /// Hears up to a text that contains another, or up to the end.
  String hearUntil(String part) throws IOException {
    for (String next = hear(); ; next = hear()) {
      if (next.contains(part) || next.startsWith("CLOSE")) {
        return next;
      }
    }
  }

  /// {@return the next frame: a text as it is, `PING`, `PONG text`, `CLOSE 1000 reason`}
  String receive() throws IOException {
    WebSocketFrame frame;
    byte[] block = new byte[8192];
    while ((frame = codec.readInbound()) == null) {
      int length = socket.getInputStream().read(block);
      if (length < 0) {
        throw new EOFException("the server closed the connection");
      }
      codec.writeInbound(Unpooled.copiedBuffer(block, 0, length));
    }
    try {
      return switch (frame) {
        case TextWebSocketFrame text -> text.text();
        case PingWebSocketFrame _ -> "PING";
        case PongWebSocketFrame pong -> "PONG " + pong.content().toString(ISO_8859_1);
        case CloseWebSocketFrame close ->
            ("CLOSE " + close.statusCode() + " " + close.reasonText()).strip();
        default -> frame.toString();
      };
    } finally {
      frame.release();
    }
  }

  /// Closes with a TCP reset.
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
    codec.finishAndReleaseAll();
  }
}
