import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.ProxyHeader;
import io.loop.netty.transport.ProxyProtocol;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Two servers that require the PROXY header, one of them with TLS, and answer an HTTP request with what they know of the
/// peer. Prints their ports; ends when the file in its first argument is gone.
public class Peers {

  static volatile int served;

  public static void main(String[] arguments) {
    Path alive = Path.of(arguments[0]);
    File key = new File(arguments[1]);
    Asyncio.run(() -> {
      Loop.running().setExceptionHandler((_, report) -> System.out.println("reported: " + report.message() + ": " + report.exception()));
      SslContext tls = SslContextBuilder.forServer(key, key).build();
      var options = ServerOptions.DEFAULT.withProxyProtocol(ProxyProtocol.DEFAULT.withTrusted("127.0.0.0/8", "::1"));
      Server plain = Streams.startServer(Peers::serve, "127.0.0.1", 0, options);
      Server secure = Streams.startServer(Peers::serve, "127.0.0.1", 0, options.withTls(tls));
      System.out.println("ports " + plain.localAddress().getPort() + " " + secure.localAddress().getPort());
      while (Files.exists(alive)) {
        Asyncio.sleep(java.time.Duration.ofMillis(50));
      }
      System.out.println("served " + served + ", refused " + plain.refusedCount() + " and " + secure.refusedCount());
      for (Server each : new Server[] {plain, secure}) {
        each.close();
        each.abortClients();
        each.waitClosed();
      }
      return null;
    });
  }

  static void serve(StreamReader reader, StreamWriter writer) throws IOException {
    byte[] line = reader.readLine();
    if (line.length == 0) {
      return; // a check of the proxy's
    }
    while (line.length > 2) {
      line = reader.readLine();
    }
    served++;
    byte[] body = (describe(writer) + "\n").getBytes(StandardCharsets.UTF_8);
    writer.write(("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    writer.write(body);
  }

  static String describe(StreamWriter writer) {
    var header = (ProxyHeader) writer.getExtraInfo("proxyHeader");
    String text = "v" + header.version() + " peer=" + host(writer, "peername") + " own=" + host(writer, "sockname");
    byte[] id = header.uniqueId();
    if (id != null) {
      text += " id=" + new String(id, StandardCharsets.US_ASCII);
    }
    if (header.authority() != null) {
      text += " authority=" + header.authority();
    }
    if (header.tls() != null) {
      text += " tls=" + header.tls().protocol() + " " + header.tls().cipher();
    }
    return text;
  }

  static String host(StreamWriter writer, String name) {
    return switch ((SocketAddress) writer.getExtraInfo(name)) {
      case java.net.InetSocketAddress internet -> internet.getAddress().getHostAddress();
      case DomainSocketAddress unix -> unix.path();
      case SocketAddress other -> other.toString();
    };
  }
}
