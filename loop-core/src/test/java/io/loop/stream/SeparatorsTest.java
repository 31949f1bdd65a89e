package io.loop.stream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

final class SeparatorsTest {

  private final ByteQueue bytes = new ByteQueue();
  private final Separators newline = new Separators(latin1("\n"));

  private static byte[] latin1(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private void feed(String text) {
    bytes.add(ByteBuffer.wrap(latin1(text)));
  }

  @Test
  void find_severalThatMatch_givesTheOneThatEndsFirst() {
    feed("ab;c\n");

    assertThat(new Separators(latin1("b;c"), latin1(";"), latin1("\n")).find(bytes))
        .isEqualTo(new Separators.Match(2, 3));
  }

  @Test
  void find_nothing_skipsWhatCannotBeginASeparator() {
    feed("abc");

    assertThat(newline.find(bytes)).isNull();
    assertThat(newline.searched()).isEqualTo(3);
  }

  @Test
  void find_bytesTakenMeanwhile_goesOnBehindWhatItSaw() {
    feed("abc");
    newline.find(bytes);
    bytes.take(3);
    assertThat(newline.find(bytes)).isNull();
    feed("\n");

    assertThat(newline.find(bytes)).isNull();
    assertThat(newline.searched()).isEqualTo(3);
  }
}
