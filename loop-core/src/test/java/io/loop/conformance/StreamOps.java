package io.loop.conformance;

import io.loop.stream.ReadTransport;
import io.loop.stream.StreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The ops on a stream reader that no connection feeds.
final class StreamOps {

  private StreamOps() {}

  static void addTo(Map<String, Ops.Op> ops) {
    ops.put("reader", (frame, op, _) -> reader(frame, op));
    ops.put("feed_data", StreamOps::feedData);
    ops.put(
        "feed_eof",
        (_, _, on) -> {
          ((StreamReader) on).feedEof();
          return null;
        });
    ops.put(
        "reader_exception",
        (frame, op, on) -> {
          ((StreamReader) on).setException(Flow.fault(frame, op));
          return null;
        });
    ops.put("read", (frame, op, on) -> bytes(((StreamReader) on).read(size(frame, op))));
    ops.put(
        "readexactly", (frame, op, on) -> bytes(((StreamReader) on).readExactly(size(frame, op))));
    ops.put(
        "readuntil",
        (frame, op, on) -> bytes(((StreamReader) on).readUntil(separators(frame, op))));
    ops.put("readline", (_, _, on) -> bytes(((StreamReader) on).readLine()));
  }

  private static StreamReader reader(Frame frame, Node op) {
    Long limit = frame.numberOrNull(op, "limit");
    Program program = frame.program();
    var reader =
        new StreamReader(
            program.loop(), limit == null ? StreamReader.DEFAULT_LIMIT : Math.toIntExact(limit));
    if (frame.truth(op, "transport")) {
      reader.setTransport(new TracedTransport(program));
    }
    return reader;
  }

  private record TracedTransport(Program program) implements ReadTransport {
    @Override
    public void pauseReading() {
      program.trace("pause_reading");
    }

    @Override
    public void resumeReading() {
      program.trace("resume_reading");
    }
  }

  private static @Nullable Object feedData(Frame frame, Node op, Object on) {
    ((StreamReader) on).feedData(ByteBuffer.wrap(latin1(frame.value(op, "data"))));
    return null;
  }

  private static int size(Frame frame, Node op) {
    return Math.toIntExact(frame.number(op, "n"));
  }

  private static byte[][] separators(Frame frame, Node op) {
    Object separators = frame.value(op, "sep");
    return separators instanceof List<?> several
        ? several.stream().map(StreamOps::latin1).toArray(byte[][]::new)
        : new byte[][] {latin1(separators)};
  }

  private static byte[] latin1(@Nullable Object text) {
    return String.valueOf(text).getBytes(StandardCharsets.ISO_8859_1);
  }

  static Values.Bytes bytes(byte[] bytes) {
    return new Values.Bytes(new String(bytes, StandardCharsets.ISO_8859_1));
  }
}
