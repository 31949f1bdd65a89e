import static io.loop.Asyncio.*;
import static io.loop.netty.stream.Streams.*;

import io.loop.stream.*;
import io.loop.sync.Event;

void echo(StreamReader reader, StreamWriter writer) throws IOException {
  for (byte[] block; (block = reader.read(65_536)).length > 0; ) {
    writer.write(block);
    writer.drain();
  }
}

void program() throws IOException {
  var stop = new Event();
  addSignalHandler("TERM", stop::set);
  try (var server = startServer(this::echo, "127.0.0.1", 0)) {
    IO.println("listening on 127.0.0.1:" + server.localAddress().getPort());
    stop.await();
  }
}

void main() { run(this::program); }
