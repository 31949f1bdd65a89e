package io.loop.race;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Loop;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.stream.WriteTransport;
import io.loop.task.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;

/// A client that talks to an echo server over two pipes in memory, in lines.
final class EchoScenario {

  private static final int LIMIT = 64;
  private static final int LINES = 4;

  private EchoScenario() {}

  /// One direction: what is written is fed to the other side a tick later, and the writer is paused
  /// meanwhile.
  private static final class Pipe implements WriteTransport {
    private final Loop loop;
    private final StreamReader reader;
    private final StreamWriter writer;
    private final StringBuilder sent = new StringBuilder();
    private boolean closing;

    Pipe(Loop loop) {
      this.loop = loop;
      reader = new StreamReader(loop, LIMIT);
      writer = new StreamWriter(loop, this, null);
    }

    @Override
    public void write(byte[] data, int offset, int length) {
      byte[] copy = Arrays.copyOfRange(data, offset, offset + length);
      sent.append(new String(copy, ISO_8859_1));
      writer.pauseWriting();
      loop.callSoon(() -> {
        reader.feedData(ByteBuffer.wrap(copy));
        writer.resumeWriting();
      });
    }

    @Override
    public void writeEof() {
      loop.callSoon(reader::feedEof);
    }

    @Override
    public boolean canWriteEof() {
      return true;
    }

    @Override
    public void close() {
      if (!closing) {
        closing = true;
        writeEof();
        loop.callSoon(() -> writer.connectionLost(null));
      }
    }

    @Override
    public void abort() {
      close();
    }

    @Override
    public boolean isClosing() {
      return closing;
    }

    @Override
    public Object getExtraInfo(String name) {
      return null;
    }
  }

  static void run(Ledger ledger) throws Exception {
    var there = new Pipe(Loop.running());
    var back = new Pipe(Loop.running());
    ledger.atEnd(() -> {
      assertThat(there.closing && back.closing).as("both directions are closed").isTrue();
      assertThat(there.sent.toString()).as("echoed").startsWith(back.sent.toString());
    });
    Task<?> server = createTask(() -> serve(ledger, there.reader, back.writer));
    try {
      ledger.enter("client");
      for (int i = 0; i < LINES; i++) {
        byte[] line = ("line " + i + "\n").getBytes(ISO_8859_1);
        there.writer.write(line);
        there.writer.drain();
        assertThat(back.reader.readLine()).isEqualTo(line);
      }
    } finally {
      ledger.leave("client");
      there.writer.close();
    }
    there.writer.waitClosed();
    server.await();
  }

  private static void serve(Ledger ledger, StreamReader reader, StreamWriter writer)
      throws IOException {
    try {
      ledger.enter("server");
      for (byte[] line : reader) {
        writer.write(line);
        writer.drain();
      }
    } finally {
      ledger.leave("server");
      writer.close();
      sleep(Duration.ZERO);
    }
  }
}
