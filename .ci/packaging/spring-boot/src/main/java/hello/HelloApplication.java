package hello;

import io.loop.Asyncio;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.task.Task;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/// Sends a line to a server of its own and back, and says what it ran on.
@SpringBootApplication
public class HelloApplication implements CommandLineRunner {

  public static void main(String[] args) {
    SpringApplication.run(HelloApplication.class, args);
  }

  @Override
  public void run(String... args) throws Exception {
    System.out.println(
        Asyncio.run(HelloApplication::echo)
            + (Task.isPortable() ? " carrier=portable" : " carrier=loop")
            + " transport="
            + Transport.best());
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
