package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;

/**
 * What an OK packet says, or an EOF, which says less.
 *
 * @param changes what the session tracker has to tell; the data of each as it came
 * @param rest what was left and has no meaning; mostly nothing
 */
public record OkPacket(
    boolean eof,
    long affected,
    long insertId,
    int status,
    int warnings,
    ByteString info,
    List<Change> changes,
    ByteString rest) {

  static final int SESSION_STATE_CHANGED = 0x4000;

  /** One entry of the session tracker. */
  public record Change(int type, ByteString data) {
    @Override
    public String toString() {
      String name =
          switch (type) {
            case 0 -> "variable";
            case 1 -> "schema";
            case 2 -> "state";
            case 3 -> "gtids";
            case 4 -> "characteristics";
            case 5 -> "transaction";
            default -> "type " + type;
          };
      return name + " " + Packet.escaped(data);
    }
  }

  /**
   * Reads either form.
   *
   * @param capabilities those that both sides have
   */
  static OkPacket of(ByteString payload, long capabilities) {
    Fields fields = new Fields(payload);
    int header = fields.u8();
    if (header == Packet.EOF && payload.size() < 7) {
      int warnings = fields.remaining() >= 2 ? fields.u16() : 0;
      int status = fields.remaining() >= 2 ? fields.u16() : 0;
      return new OkPacket(true, 0, 0, status, warnings, ByteString.EMPTY, List.of(), fields.rest());
    }
    long affected = fields.lenenc();
    long insertId = fields.lenenc();
    int status = fields.u16();
    int warnings = fields.u16();
    ByteString info = ByteString.EMPTY;
    List<Change> changes = new ArrayList<>();
    if ((capabilities & Capability.SESSION_TRACK) == 0) {
      info = fields.rest();
    } else if (fields.remaining() > 0) {
      info = string(fields);
      if ((status & SESSION_STATE_CHANGED) != 0 && fields.remaining() > 0) {
        Fields entries = new Fields(string(fields));
        while (entries.remaining() > 0) {
          changes.add(new Change(entries.u8(), string(entries)));
        }
      }
    }
    return new OkPacket(
        header == Packet.EOF, affected, insertId, status, warnings, info, changes, fields.rest());
  }

  private static ByteString string(Fields fields) {
    ByteString string = fields.string();
    return string == null ? ByteString.EMPTY : string;
  }

  /** The values of the session tracker of one type, as text. */
  public List<String> changes(int type) {
    return changes.stream()
        .filter(change -> change.type() == type)
        .map(change -> change.data().toStringUtf8())
        .toList();
  }

  public boolean isInTransaction() {
    return (status & 1) != 0;
  }

  public boolean isAutocommit() {
    return (status & 2) != 0;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(eof ? "EOF" : "OK");
    if (affected != 0 || insertId != 0) {
      text.append(" affected ").append(affected).append(" id ").append(insertId);
    }
    text.append(" status %04x warnings %d".formatted(status, warnings));
    if (!info.isEmpty()) {
      text.append(" info ").append(Packet.escaped(info));
    }
    if (!changes.isEmpty()) {
      text.append(" changes ").append(changes);
    }
    if (!rest.isEmpty()) {
      text.append(" rest ").append(Packet.escaped(rest));
    }
    return text.toString();
  }
}
