package io.loop.netty.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnixDomainSocketAddress;
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

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 127.0.0.1:80",
    "::1, [::1]:80",
    "::, [::]:80",
    "2001:db8:0:0:1:0:0:1, [2001:db8::1:0:0:1]:80",
    "fe80::1%4711, [fe80::1%4711]:80",
  })
  void text_isWhatPeopleWrite(String address, String expected) {
    assertThat(Addresses.text(new InetSocketAddress(InetAddress.ofLiteral(address), 80)))
        .isEqualTo(expected);
  }

  @Test
  void text_hostOrFile_isItsName() {
    assertThat(Addresses.text(InetSocketAddress.createUnresolved("example.org", 80)))
        .isEqualTo("example.org:80");
    assertThat(Addresses.text(UnixDomainSocketAddress.of("/run/s"))).isEqualTo("/run/s");
  }

  @Test
  void text_scope_isTheNameOfTheInterface() throws Exception {
    NetworkInterface any = NetworkInterface.networkInterfaces().findAny().orElseThrow();
    InetAddress address =
        Inet6Address.getByAddress(
            null, InetAddress.ofLiteral("fe80::1").getAddress(), any.getIndex());

    assertThat(Addresses.text(address)).isEqualTo("fe80::1%" + any.getName());
  }

  @Test
  void areSame_otherInterface_isNot() {
    var one = new InetSocketAddress(InetAddress.ofLiteral("fe80::1%4711"), 80);
    var other = new InetSocketAddress(InetAddress.ofLiteral("fe80::1%4712"), 80);
    var any = new InetSocketAddress(InetAddress.ofLiteral("fe80::1"), 80);

    assertThat(Addresses.areSame(one, other)).isFalse();
    assertThat(Addresses.areSame(one, any)).isTrue();
    assertThat(Addresses.areSame(any, one)).isTrue();
  }

  @Test
  void reason_leavesTheAddressToTheCallerAndNamesAMissingScope() {
    var address = new InetSocketAddress(InetAddress.ofLiteral("fe80::1"), 80);

    assertThat(Addresses.reason(new IOException("no way: " + address), address))
        .isEqualTo("no way (a link-local address needs its interface, as in fe80::1%eth0)");
  }
}
