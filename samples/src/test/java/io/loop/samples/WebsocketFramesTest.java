package io.loop.samples;

import static io.loop.samples.WebsocketClient.named;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Peers whose frames break the protocol; another peer must not notice.
@Tag("slow")
class WebsocketFramesTest extends WebsocketFixture {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1002 8103616263", // not masked
        "1002 c18000000000", // a reserved bit
        "1002 838000000000", // a reserved kind
        "1002 8b8000000000", // a reserved kind of control frame
        "1002 808000000000", // a continuation of nothing
        "1002 01810000000061 818100000000 61", // a text in the middle of another
        "1002 098000000000", // a ping in parts
        "1002 89fe007e00000000", // a long ping
        "1002 81fe000100000000", // a length that is longer than necessary
        "1002 81ff000000000000ffff00000000",
        "1002 81ffffffffffffffffff00000000",
        "1007 818200000000c328", // not UTF-8
        "1007 81840000000061ff6161",
        "1007 018200000000ceba 808300000000e280ff", // not UTF-8 in its second part
        "1002 88810000000003", // half a close code
      })
  void brokenFrame_isTheEndWithItsCode(String codeAndFrames) throws IOException {
    String[] parts = codeAndFrames.split(" ", 2);
    byte[] frames = HexFormat.of().parseHex(parts[1].replace(" ", ""));
    try (var broken = named(port, "broken");
        var unnamed = new WebsocketClient(port)) {
      unnamed.shakeHands();
      for (WebsocketClient each : List.of(broken, unnamed)) {
        each.sendBytes(frames);

        assertThat(each.hearUntil("CLOSE")).startsWith("CLOSE " + parts[0]);
        assertThatThrownBy(each::hear).isInstanceOf(IOException.class);
      }
    }
  }

  /// Netty's codec sends no close frame after one of the peer's.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "8882000000000000", // a code that is not allowed
        "88820000000003ed", // 1005 means that there is no code
        "88840000000003e8c328", // a reason that is not UTF-8
      })
  void brokenCloseFrame_isTheEnd(String frame) throws IOException {
    try (var broken = named(port, "broken")) {
      broken.sendBytes(HexFormat.of().parseHex(frame));

      assertThatThrownBy(() -> broken.hearUntil("CLOSE")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void messageOverTheLimit_isTheEnd() throws IOException {
    try (var large = named(port, "large");
        var parts = named(port, "parts");
        var binary = named(port, "binary")) {
      large.say("x".repeat(2048));
      assertThat(large.hearUntil("<large>")).hasSize("<large> ".length() + 2048);
      large.sendBytes(Arrays.copyOf(large.encode(new TextWebSocketFrame("x".repeat(2049))), 8));
      assertThat(large.hearUntil("CLOSE")).startsWith("CLOSE 1009 ");

      parts.send(new TextWebSocketFrame(false, 0, "x".repeat(1500)));
      parts.send(new ContinuationWebSocketFrame(false, 0, "x".repeat(1500)));
      assertThat(parts.hearUntil("CLOSE")).startsWith("CLOSE 1009 ");

      binary.send(new BinaryWebSocketFrame(Unpooled.copiedBuffer("x", ISO_8859_1)));
      assertThat(binary.hearUntil("CLOSE")).startsWith("CLOSE 1003 ");
    }
  }
}
