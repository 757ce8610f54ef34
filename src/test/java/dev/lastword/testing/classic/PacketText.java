package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import dev.lastword.testing.classic.Reading.Part;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * Packets as text: complete, on one line, and without what no two sessions share, which are
 * thread ids, scrambles, GTIDs, and the numbers of COM_STATISTICS.
 */
final class PacketText {

  /** A row may be as long as memory is. */
  private static final int SHOWN = 4096;

  private PacketText() {}

  static String of(Packet packet, Part part, long capabilities) {
    String text =
        switch (part) {
          case OK, EOF -> ok(OkPacket.of(packet.payload(), capabilities));
          case ERR -> "ERR " + packet.asError();
          case TEXT -> statistics(packet).strip();
          case AUTHENTICATION -> authentication(packet);
          case EVENT -> "EVENT type " + eventType(packet);
          case COLUMN_COUNT, COLUMN, ROW, LOCAL_INFILE, PREPARED ->
              part + " " + contents(packet.payload());
        };
    return number(packet) + " " + text;
  }

  /** A packet outside of any response. */
  static String of(Packet packet) {
    if (packet.isError()) {
      return number(packet) + " ERR " + packet.asError();
    }
    String text = contents(packet.payload());
    return number(packet) + (text.startsWith("Uptime") ? statistics(packet) : " ? " + text);
  }

  private static String statistics(Packet packet) {
    return " TEXT " + packet.payload().toStringUtf8().replaceAll("[0-9.]+", "#");
  }

  static String greeting(Packet packet, Greeting greeting) {
    return number(packet) + " greeting " + greeting;
  }

  private static String number(Packet packet) {
    return packet.sequence()
        + (packet.chunks() > 1 ? " (" + packet.chunks() + " chunks)" : "")
        + (packet.inOrder() ? "" : " (OUT OF ORDER, not " + packet.expected() + ")");
  }

  private static String contents(ByteString payload) {
    if (payload.size() <= SHOWN) {
      return Packet.escaped(payload);
    }
    CRC32 crc = new CRC32();
    payload.asReadOnlyByteBufferList().forEach(crc::update);
    return "%s ... (%d bytes, crc %08x)"
        .formatted(Packet.escaped(payload.substring(0, 64)), payload.size(), crc.getValue());
  }

  private static String ok(OkPacket ok) {
    List<OkPacket.Change> changes = ok.changes().stream().map(PacketText::withoutNumbers).toList();
    return new OkPacket(
            ok.eof(),
            ok.affected(),
            ok.insertId(),
            ok.status(),
            ok.warnings(),
            ok.info(),
            changes,
            ok.rest())
        .toString();
  }

  private static OkPacket.Change withoutNumbers(OkPacket.Change change) {
    boolean gtids = change.type() == 3;
    boolean statementId =
        change.type() == 0
            && change.data().toString(StandardCharsets.ISO_8859_1).contains("statement_id");
    return gtids || statementId
        ? new OkPacket.Change(
            change.type(), ByteString.copyFromUtf8(gtids ? "<gtids>" : "statement_id <number>"))
        : change;
  }

  private static String authentication(Packet packet) {
    ByteString data = packet.payload();
    return switch (packet.header()) {
      case Packet.EOF, Packet.AUTH_NEXT_FACTOR -> {
        Fields fields = new Fields(data);
        String kind = fields.u8() == Packet.EOF ? "AuthSwitchRequest " : "AuthNextFactor ";
        yield kind + fields.zeroEnded().toStringUtf8() + " <" + fields.remaining() + " bytes>";
      }
      default -> "AuthMoreData " + contents(data.substring(Math.min(1, data.size())));
    };
  }

  /** The type of an event of a binary log; timestamps and positions are never the same. */
  private static int eventType(Packet packet) {
    return packet.length() < 6 ? -1 : packet.payload().byteAt(5) & 0xff;
  }

  /** How many packets there are of each part, in the order of their first. */
  static String counts(List<Part> parts) {
    return parts.stream()
        .distinct()
        .map(part -> part + " " + parts.stream().filter(part::equals).count())
        .collect(Collectors.joining(", "));
  }
}
