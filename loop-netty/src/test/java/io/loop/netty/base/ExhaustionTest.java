package io.loop.netty.base;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelException;
import io.netty.channel.unix.Errors;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class ExhaustionTest {

  private static final String TOO_MANY = "Too many open files";

  @Test
  void isCauseOf_wantOfDescriptors_inAnyWrapping() {
    var byText = new IOException(TOO_MANY);
    var byNumber = new Errors.NativeIoException("accept", -24);

    assertThat(Exhaustion.isCauseOf(byText)).isTrue();
    assertThat(Exhaustion.isCauseOf(byNumber)).isTrue();
    assertThat(Exhaustion.isCauseOf(new ChannelException("Unable to create", byNumber))).isTrue();
    assertThat(Exhaustion.isCauseOf(new OutOfMemoryError())).isTrue();
  }

  @Test
  void isCauseOf_aFaultOfOneConnection_isFalse() {
    assertThat(Exhaustion.isCauseOf(new IOException("Connection reset"))).isFalse();
    assertThat(Exhaustion.isCauseOf(new Errors.NativeIoException("accept", -103))).isFalse();
    assertThat(Exhaustion.isCauseOf(new IllegalStateException(TOO_MANY))).isFalse();
  }

  @Test
  void isCauseOf_causesThatFormARing_returns() {
    var first = new IOException("one");
    first.initCause(new IOException("two", first));

    assertThat(Exhaustion.isCauseOf(first)).isFalse();
  }

  @Test
  void nameOf_aNativeFailure_isTheSystemsText() {
    var fault = new ChannelException("Unable to create", new IOException("accept(): " + TOO_MANY));

    assertThat(Exhaustion.nameOf(fault)).isEqualTo(TOO_MANY);
    assertThat(Exhaustion.nameOf(new IOException("else"))).isEqualTo("else");
  }
}
