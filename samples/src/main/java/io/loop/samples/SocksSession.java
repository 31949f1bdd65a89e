package io.loop.samples;

import static io.loop.Asyncio.gatherCancelSiblings;
import static io.loop.Asyncio.timeout;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.stream.StreamConnection;
import io.loop.netty.stream.Streams;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Coro;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.socksx.v5.DefaultSocks5CommandResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5InitialResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5PasswordAuthResponse;
import io.netty.handler.codec.socksx.v5.Socks5AddressType;
import io.netty.handler.codec.socksx.v5.Socks5AuthMethod;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequest;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.handler.codec.socksx.v5.Socks5CommandType;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequest;
import io.netty.handler.codec.socksx.v5.Socks5Message;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthRequest;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthStatus;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// One client of [Socks]: the handshake, then a tunnel to where it wants to go.
final class SocksSession {

  /*
   *   client                        this proxy
   *   methods                 --->
   *                           <---  the method
   *   name, password          --->                  with --user
   *                           <---  success
   *   CONNECT address port    --->
   *                           <---  success, after the connection is open
   *   bytes                   <-->  bytes
   *
   * A refusal is an answer, and the end. A side that shuts down its output ends one direction, and
   * the other goes on. A failure ends both with a reset, so that neither side mistakes a part for
   * the whole.
   */

  /// What clients have to log in with.
  record Login(String name, String password) {

    private static final int LONGEST = 255;

    /// {@return a login, from `NAME:PASSWORD`}
    ///
    /// @throws IllegalArgumentException if the protocol cannot carry it
    static Login parse(String text) {
      int colon = text.indexOf(':');
      if (colon < 0) {
        throw new IllegalArgumentException("no colon");
      }
      return new Login(required(text.substring(0, colon)), required(text.substring(colon + 1)));
    }

    private static String required(String part) {
      if (part.isEmpty() || part.length() > LONGEST || !US_ASCII.newEncoder().canEncode(part)) {
        throw new IllegalArgumentException("not 1 to 255 ASCII characters");
      }
      return part;
    }

    /// Takes the same time for each wrong password.
    boolean allows(Socks5PasswordAuthRequest request) {
      boolean sameName = isSame(name, request.username());
      boolean samePassword = isSame(password, request.password());
      return sameName && samePassword;
    }

    private static boolean isSame(String one, String other) {
      return MessageDigest.isEqual(one.getBytes(US_ASCII), other.getBytes(US_ASCII));
    }
  }

  /// What applies to all clients.
  ///
  /// @param login what they log in with; null for nothing
  /// @param handshake how long they may take to say what they want
  /// @param connect how long to try to connect to that
  record Rules(@Nullable Login login, Duration handshake, Duration connect) {}

  private static final int BLOCK = 65_536;

  private final CoroutineChannel<Object> client;
  private final Rules rules;

  SocksSession(CoroutineChannel<Object> client, Rules rules) {
    this.client = client;
    this.rules = rules;
  }

  void serve() throws IOException {
    Socks5CommandRequest request;
    try {
      request = timeout(rules.handshake(), this::handshake);
    } catch (TimeoutException slow) {
      return;
    }
    StreamConnection target = request == null ? null : connect(request);
    if (target == null) {
      return;
    }
    try (target) {
      client.write(success(target.writer()));
      tunnel(target);
    }
  }

  /// {@return what the client wants, or null if it may not have it}
  private @Nullable Socks5CommandRequest handshake() throws IOException {
    Login login = rules.login();
    Socks5AuthMethod method = login == null ? Socks5AuthMethod.NO_AUTH : Socks5AuthMethod.PASSWORD;
    if (!(receive() instanceof Socks5InitialRequest greeting)) {
      return null;
    }
    if (!greeting.authMethods().contains(method)) {
      client.write(new DefaultSocks5InitialResponse(Socks5AuthMethod.UNACCEPTED));
      return null;
    }
    client.write(new DefaultSocks5InitialResponse(method));
    if (login != null && !isLoggedIn(login)) {
      return null;
    }
    return receive() instanceof Socks5CommandRequest request ? request : null;
  }

  private boolean isLoggedIn(Login login) throws IOException {
    if (!(receive() instanceof Socks5PasswordAuthRequest request)) {
      return false;
    }
    boolean allowed = login.allows(request);
    client.write(
        new DefaultSocks5PasswordAuthResponse(
            allowed ? Socks5PasswordAuthStatus.SUCCESS : Socks5PasswordAuthStatus.FAILURE));
    return allowed;
  }

  /// {@return the next message; null at the end, and for one that could not be decoded}
  private @Nullable Socks5Message receive() throws IOException {
    if (!(client.receive() instanceof Socks5Message message)) {
      return null;
    }
    if (message.decoderResult().isSuccess()) {
      return message;
    }
    if (message instanceof Socks5CommandRequest) {
      refuse(Socks5CommandStatus.FAILURE);
    }
    return null;
  }

  /// {@return the connection that the client wants; null if there is none, and it was told so}
  private @Nullable StreamConnection connect(Socks5CommandRequest request) {
    Socks5CommandStatus obstacle;
    try {
      if (request.type().equals(Socks5CommandType.CONNECT)) {
        return open(request.dstAddr(), request.dstPort());
      }
      obstacle = Socks5CommandStatus.COMMAND_UNSUPPORTED;
    } catch (TimeoutException slow) {
      obstacle = Socks5CommandStatus.TTL_EXPIRED;
    } catch (UnknownHostException unknown) {
      obstacle = Socks5CommandStatus.HOST_UNREACHABLE;
    } catch (ConnectException failed) {
      obstacle =
          failed.getCause() instanceof NoRouteToHostException
              ? Socks5CommandStatus.HOST_UNREACHABLE
              : Socks5CommandStatus.CONNECTION_REFUSED;
    } catch (IOException other) {
      obstacle = Socks5CommandStatus.FAILURE;
    }
    refuse(obstacle);
    return null;
  }

  private void refuse(Socks5CommandStatus obstacle) {
    client.write(new DefaultSocks5CommandResponse(obstacle, Socks5AddressType.IPv4));
  }

  private StreamConnection open(String host, int port) throws IOException, TimeoutException {
    if (host.isEmpty()) {
      throw new UnknownHostException("no name");
    }
    return timeout(rules.connect(), () -> Streams.openConnection(host, port));
  }

  /// The answer has the address that the proxy connected from.
  private static DefaultSocks5CommandResponse success(StreamWriter target) {
    var from = (InetSocketAddress) Objects.requireNonNull(target.getExtraInfo("sockname"));
    return new DefaultSocks5CommandResponse(
        Socks5CommandStatus.SUCCESS,
        from.getAddress() instanceof Inet4Address ? Socks5AddressType.IPv4 : Socks5AddressType.IPv6,
        NetUtil.bytesToIpAddress(from.getAddress().getAddress()),
        from.getPort());
  }

  private void tunnel(StreamConnection target) {
    boolean whole = false;
    try {
      copyBothWays(target);
      whole = true;
    } catch (IOException lost) {
      // of either side; the other one is reset below
    } finally {
      if (!whole) {
        Resets.of(client);
        Resets.of(target.writer());
      }
    }
  }

  private void copyBothWays(StreamConnection target) throws IOException {
    gatherCancelSiblings(
            Coro.of(() -> upload(target.writer())), Coro.of(() -> download(target.reader())))
        .await();
  }

  private void upload(StreamWriter target) throws IOException {
    for (Object block; (block = client.receive()) != null; ) {
      Streams.write(target, (ByteBuf) block);
      target.drain();
    }
    target.writeEof();
  }

  private void download(StreamReader target) throws IOException {
    for (ByteBuf block; (block = Streams.read(target, BLOCK)) != null; ) {
      client.write(block);
      client.drain();
    }
    client.writeEof();
  }
}
