package io.loop.netty.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.transport.Transport;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the system says is not read, since it says it in any language.
class BindFaultsTest {

  /// Makes a native library available: the system's failures need one.
  @BeforeAll
  static void loadALibrary() {
    assertThat(Transport.available()).isNotEmpty();
  }

  private static InetSocketAddress address(String text) {
    return new InetSocketAddress(InetAddress.ofLiteral(text), 80);
  }

  @Test
  void isMissing_bindExceptionInAnyLanguage_askWhetherAnInterfaceHasTheAddress() {
    var fault = new BindException("Die angeforderte Adresse kann nicht zugewiesen werden");

    assertThat(BindFaults.isMissing(address("192.0.2.1"), fault)).isTrue();
    assertThat(BindFaults.isMissing(address("127.0.0.1"), fault)).isFalse();
    assertThat(BindFaults.isMissing(address("127.1.2.3"), fault)).isFalse();
    assertThat(BindFaults.isMissing(address("0.0.0.0"), fault)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {-99, -49, -97, -47})
  void isMissing_numberOfTheSystem_isEnough(int number) {
    var told = new Errors.NativeIoException("bind(..)", number);

    assertThat(BindFaults.isMissing(address("127.0.0.1"), told)).isTrue();
    assertThat(BindFaults.isMissing(address("127.0.0.1"), new ChannelException(told))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {-98, -13, -24})
  void isMissing_otherNumbers_areFailures(int number) {
    var told = new Errors.NativeIoException("bind(..)", number);

    assertThat(BindFaults.isMissing(address("192.0.2.1"), told)).isFalse();
  }

  @Test
  void isMissing_otherFailure_isOne() {
    var fault = new IOException("Too many open files");

    assertThat(BindFaults.isMissing(address("192.0.2.1"), fault)).isFalse();
  }
}
