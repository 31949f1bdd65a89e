package hello;

import io.loop.Asyncio;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.task.Task;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// Sends a line to a server of its own and back, and says what it ran on.
public final class Hello {

  private Hello() {}

  public static void main(String[] args) throws IOException {
    System.out.println(sayHello());
    if (args.length > 0 && args[0].equals("wait")) {
      Asyncio.run(Hello::waitForSignal);
    }
  }

  private static void waitForSignal() {
    try {
      Asyncio.sleep(Duration.ofMinutes(1));
    } finally {
      System.out.println("ending gracefully");
    }
  }

  public static String sayHello() throws IOException {
    return Asyncio.run(Hello::echo)
        + (Task.isPortable() ? " carrier=portable" : " carrier=loop")
        + " transport="
        + Transport.best();
  }

  private static String echo() throws IOException {
    var server =
        Streams.startServer((reader, writer) -> writer.write(reader.readLine()), "127.0.0.1", 0);
    try (var connection = Streams.openConnection("127.0.0.1", server.localAddress().getPort())) {
      connection.writer().write("hello\n".getBytes(StandardCharsets.US_ASCII));
      return new String(connection.reader().readLine(), StandardCharsets.US_ASCII).strip();
    } finally {
      server.close();
    }
  }
}
