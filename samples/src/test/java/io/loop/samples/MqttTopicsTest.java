package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.netty.handler.codec.mqtt.MqttQoS;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MqttTopicsTest {

  @ParameterizedTest
  @CsvSource({
    "a/b,a/b,true",
    "a/b,a/b/c,false",
    "a/b,a,false",
    "a/+,a/b,true",
    "a/+,a,false",
    "a/+,a/,true",
    "a/+,a/b/c,false",
    "a/+/c,a/b/c,true",
    "+,a,true",
    "+,/a,false",
    "+/+,/a,true",
    "/+,/a,true",
    "a/#,a/b/c,true",
    "a/#,a,true",
    "a/#,ab,false",
    "#,a/b,true",
    "#,$SYS/a,false",
    "+/a,$SYS/a,false",
    "$SYS/#,$SYS/a,true",
    "A,a,false",
  })
  void filter_matchesAsTheStandardSays(String filter, String topic, boolean matches) {
    assertThat(MqttTopics.isFilter(filter)).isTrue();
    assertThat(MqttTopics.matches(filter, topic)).isEqualTo(matches);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a/#/b", "a#", "a/b+", "+a", "##", "a\0", "////////////////////////////////"})
  void filter_thatIsNotValid(String filter) {
    assertThat(MqttTopics.isFilter(filter)).isFalse();
  }

  @Test
  void subscriber_withSeveralMatches_isFoundOnceWithTheHighestQuality() {
    var topics = new MqttTopics<String>();
    topics.add("a/+", "me", MqttQoS.AT_MOST_ONCE);
    topics.add("a/b", "me", MqttQoS.AT_LEAST_ONCE);
    topics.add("#", "me", MqttQoS.AT_MOST_ONCE);

    assertThat(topics.matching("a/b")).containsOnly(entry("me", MqttQoS.AT_LEAST_ONCE));

    topics.remove("a/b", "me");
    topics.remove("#", "me");
    topics.remove("a/+", "you");

    assertThat(topics.matching("a/b")).containsOnly(entry("me", MqttQoS.AT_MOST_ONCE));
  }
}
