package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressesTest {

  private static List<InetAddress> addresses(String names) {
    return Arrays.stream(names.split(" ")).map(InetAddress::ofLiteral).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "0, ::1 ::2 ::3 1.1.1.1 1.1.1.2, ::1 ::2 ::3 1.1.1.1 1.1.1.2",
    "1, ::1 ::2 ::3 1.1.1.1 1.1.1.2, ::1 1.1.1.1 ::2 1.1.1.2 ::3",
    "2, ::1 ::2 ::3 1.1.1.1 1.1.1.2, ::1 ::2 1.1.1.1 ::3 1.1.1.2",
    "9, ::1 ::2 ::3 1.1.1.1 1.1.1.2, ::1 ::2 ::3 1.1.1.1 1.1.1.2",
    "1, 1.1.1.1 1.1.1.2, 1.1.1.1 1.1.1.2",
    "1, 1.1.1.1 ::1 ::2, 1.1.1.1 ::1 ::2",
  })
  void interleaved_familiesTakeTurns(int firstOnes, String given, String expected) {
    assertThat(Addresses.interleaved(addresses(given), firstOnes)).isEqualTo(addresses(expected));
  }

  @Test
  void ofFamily_keepsThoseThatTheLocalAddressCanReach() throws IOException {
    List<InetAddress> both = addresses("::1 1.1.1.1");

    assertThat(Addresses.ofFamily(null, both)).isEqualTo(both);
    assertThat(Addresses.ofFamily(InetAddress.ofLiteral("2.2.2.2"), both))
        .isEqualTo(addresses("1.1.1.1"));
    assertThatThrownBy(() -> Addresses.ofFamily(both.getFirst(), addresses("1.1.1.1")))
        .isInstanceOf(ConnectException.class)
        .hasMessageContaining("family");
  }

  @Test
  void together_sameText_isTheFirst() {
    var first = new IOException("refused");

    assertThat(Addresses.together(List.of(first))).isSameAs(first);
    assertThat(Addresses.together(List.of(first, new IOException("refused")))).isSameAs(first);
  }

  @Test
  void together_severalTexts_areNamedInOne() {
    var first = new IOException("a");
    var second = new IOException("b");

    assertThat(Addresses.together(List.of(first, second)))
        .hasMessage("Multiple exceptions: a, b")
        .hasSuppressedException(first)
        .hasSuppressedException(second);
  }
}
