import static io.loop.Asyncio.*;
import static io.loop.netty.datagram.Datagrams.*;

void program() throws IOException {
  var any = new InetSocketAddress("127.0.0.1", 0);
  try (var server = createDatagramEndpoint(any, null);
      var client = createDatagramEndpoint(null, server.localAddress())) {
    var echo =
        createTask(() -> {
          for (var packet : server) {
            server.send(packet.data(), packet.sender());
          }
        });
    client.send("hello".getBytes());
    IO.println("received " + new String(client.receive().data()));
    echo.cancel();
  }
}

void main() { run(this::program); }
