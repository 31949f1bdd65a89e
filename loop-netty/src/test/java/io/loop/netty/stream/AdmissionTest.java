package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  private static final InetAddress ONE = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress OTHER = InetAddress.ofLiteral("192.0.2.2");
  private static final InetAddress HOME = InetAddress.getLoopbackAddress();

  @Test
  void enter_tooManyInAll_isRefusedUntilOneLeaves() {
    var admission = new Admission(ServerLimits.DEFAULT.withConnections(2, 2));
    assertThat(admission.enter(ONE)).isTrue();
    assertThat(admission.enter(OTHER)).isTrue();

    assertThat(admission.enter(HOME)).isFalse();

    admission.leave(ONE);
    assertThat(admission.enter(HOME)).isTrue();
  }

  @Test
  void enter_tooManyFromOneAddress_isRefusedUntilOneLeaves() {
    var admission = new Admission(ServerLimits.DEFAULT.withConnections(100, 2));
    assertThat(admission.enter(ONE)).isTrue();
    assertThat(admission.enter(ONE)).isTrue();

    assertThat(admission.enter(ONE)).isFalse();

    assertThat(admission.enter(OTHER)).isTrue();
    admission.leave(ONE);
    assertThat(admission.enter(ONE)).isTrue();
  }

  @Test
  void enter_fromThisMachine_isNotCountedByAddress() {
    var admission = new Admission(ServerLimits.DEFAULT.withConnections(100, 1));

    assertThat(admission.enter(HOME)).isTrue();
    assertThat(admission.enter(HOME)).isTrue();
  }

  @Test
  void leave_last_forgetsTheAddress() {
    var admission = new Admission(ServerLimits.DEFAULT.withConnections(100, 1));
    for (int i = 0; i < 100; i++) {
      assertThat(admission.enter(ONE)).isTrue();
      assertThat(admission.enter(ONE)).isFalse();
      admission.leave(ONE);
    }

    assertThat(admission.addresses()).isZero();
  }

  @Test
  void limits_thatLetNobodyIn_areRefused() {
    assertThatThrownBy(() -> ServerLimits.DEFAULT.withConnections(0, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ServerLimits.DEFAULT.withIdleTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
