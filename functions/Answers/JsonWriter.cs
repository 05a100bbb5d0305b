using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Cairn.Functions.Answers;

/// <summary>
/// Writes the JSON of answers as UTF-8: compact, and escaped as System.Text.Json's relaxed encoder does. It trusts its caller, who opens and closes in turn and
/// names every member, and spends nothing on checks: the shapes are fixed. Used again from answer to answer; one thread.
/// Invariants: what is written and not yet taken are the first <see cref="LengthBytes"/> bytes of the buffer; <see cref="_isBehindValue"/> says that what comes next is
/// set off by a comma.
/// </summary>
internal sealed class JsonWriter
{
    // A byte becomes six at most, as \u001F does; a character of four bytes becomes twelve.
    private const int MaxEscapedBytesPerByte = 6;
    private const int EscapedPieceBytes = 1024;
    private const int MaxIntegerBytes = 20;

    // Text goes out as UTF-8; it is never put into HTML here.
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', 0x7F - ' ').Select(character => (byte)character).Where(character => character is not ((byte)'"' or (byte)'\\'))]);

    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create(
        [.. Enumerable.Range(' ', 0x7F - ' ').Select(character => (char)character).Where(character => character is not ('"' or '\\'))]);

    private byte[] _buffer;
    private bool _isBehindValue;

    public JsonWriter(int capacityBytes) => _buffer = new byte[capacityBytes];

    public int LengthBytes { get; private set; }

    public int CapacityBytes => _buffer.Length;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, LengthBytes);

    /// <summary>What was written has been taken; what comes goes on behind it.</summary>
    public void Clear() => LengthBytes = 0;

    /// <summary>Begins another text.</summary>
    public void Reset() => (LengthBytes, _isBehindValue) = (0, false);

    /// <summary>Where it stands, to be gone back to before anything is taken.</summary>
    public (int LengthBytes, bool IsBehindValue) Place => (LengthBytes, _isBehindValue);

    /// <summary>Takes back what was written since.</summary>
    public void GoBack((int LengthBytes, bool IsBehindValue) place) => (LengthBytes, _isBehindValue) = place;

    /// <summary>Ends a line, and with it a text.</summary>
    public void EndLine()
    {
        Append("\n"u8);
        _isBehindValue = false;
    }

    public void WriteStartObject() => Open((byte)'{');

    public void WriteEndObject() => Close((byte)'}');

    public void WriteStartArray() => Open((byte)'[');

    public void WriteEndArray() => Close((byte)']');

    public void WriteStartObject(ReadOnlySpan<byte> name)
    {
        WritePropertyName(name);
        Open((byte)'{');
    }

    public void WriteStartArray(ReadOnlySpan<byte> name)
    {
        WritePropertyName(name);
        Open((byte)'[');
    }

    /// <summary>The name of a member, which is one of ours: it needs no escape.</summary>
    public void WritePropertyName(ReadOnlySpan<byte> name)
    {
        var room = Room(name.Length + 4);
        var at = PutComma(room);
        room[at++] = (byte)'"';
        name.CopyTo(room[at..]);
        at += name.Length;
        room[at++] = (byte)'"';
        room[at++] = (byte)':';
        LengthBytes += at;
        _isBehindValue = false;
    }

    /// <summary>The name of a member that callers chose.</summary>
    public void WriteChosenName(ReadOnlySpan<byte> utf8)
    {
        WriteStringValue(utf8);
        Append(":"u8);
        _isBehindValue = false;
    }

    public void WriteString(ReadOnlySpan<byte> name, ReadOnlySpan<byte> utf8)
    {
        WritePropertyName(name);
        WriteStringValue(utf8);
    }

    public void WriteString(ReadOnlySpan<byte> name, string text)
    {
        WritePropertyName(name);
        WriteStringValue(text);
    }

    /// <summary>A text; bytes that are no UTF-8 come out as U+FFFD.</summary>
    public void WriteStringValue(ReadOnlySpan<byte> utf8)
    {
        var special = utf8.IndexOfAnyExcept(Plain);
        if (special >= 0)
        {
            WriteSpecial(utf8, special);
            return;
        }

        var room = Room(utf8.Length + 3);
        var at = PutComma(room);
        room[at++] = (byte)'"';
        utf8.CopyTo(room[at..]);
        at += utf8.Length;
        room[at++] = (byte)'"';
        LengthBytes += at;
        _isBehindValue = true;
    }

    public void WriteStringValue(string text)
    {
        var escaped = text.AsSpan().ContainsAnyExcept(PlainCharacters) ? Encoder.Encode(text) : text;
        var room = BeginValue(Encoding.UTF8.GetMaxByteCount(escaped.Length) + 2);
        room[0] = (byte)'"';
        var length = Encoding.UTF8.GetBytes(escaped, room[1..]);
        room[length + 1] = (byte)'"';
        EndValue(length + 2);
    }

    public void WriteNumber(ReadOnlySpan<byte> name, long number)
    {
        WritePropertyName(name);
        WriteNumberValue(number);
    }

    public void WriteNumberValue(long number)
    {
        number.TryFormat(BeginValue(MaxIntegerBytes), out var length, default, CultureInfo.InvariantCulture);
        EndValue(length);
    }

    public void WriteBoolean(ReadOnlySpan<byte> name, bool value)
    {
        WritePropertyName(name);
        WriteBooleanValue(value);
    }

    public void WriteBooleanValue(bool value) => WriteRaw(value ? "true"u8 : "false"u8);

    public void WriteNull(ReadOnlySpan<byte> name)
    {
        WritePropertyName(name);
        WriteNullValue();
    }

    public void WriteNullValue() => WriteRaw("null"u8);

    public void WriteBase64String(ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes)
    {
        WritePropertyName(name);
        var room = BeginValue(Base64.GetMaxEncodedToUtf8Length(bytes.Length) + 2);
        room[0] = (byte)'"';
        Base64.EncodeToUtf8(bytes, room[1..], out _, out var length);
        room[length + 1] = (byte)'"';
        EndValue(length + 2);
    }

    /// <summary>Room for a value whose text the caller makes; <see cref="EndValue"/> follows.</summary>
    public Span<byte> BeginValue(int mostBytes)
    {
        var room = Room(mostBytes + 1);
        var comma = PutComma(room);
        LengthBytes += comma;
        return room[comma..];
    }

    /// <summary>The first bytes of that room are the value.</summary>
    public void EndValue(int lengthBytes)
    {
        LengthBytes += lengthBytes;
        _isBehindValue = true;
    }

    /// <summary>A value that is JSON already.</summary>
    public void WriteRaw(ReadOnlySpan<byte> value)
    {
        value.CopyTo(BeginValue(value.Length));
        EndValue(value.Length);
    }

    private void Open(byte bracket)
    {
        var room = Room(2);
        var at = PutComma(room);
        room[at] = bracket;
        LengthBytes += at + 1;
        _isBehindValue = false;
    }

    private void Close(byte bracket)
    {
        Room(1)[0] = bracket;
        EndValue(1);
    }

    // The encoder knows what else goes out as it is: most letters of most languages do.
    private void WriteSpecial(ReadOnlySpan<byte> utf8, int special)
    {
        BeginValue(1)[0] = (byte)'"';
        LengthBytes++;
        var escape = Encoder.FindFirstCharacterToEncodeUtf8(utf8[special..]);
        var plain = escape < 0 ? utf8.Length : special + escape;
        Append(utf8[..plain]);
        for (var rest = utf8[plain..]; !rest.IsEmpty;)
        {
            Encoder.EncodeUtf8(rest, Room(Math.Min(rest.Length, EscapedPieceBytes) * MaxEscapedBytesPerByte), out var read, out var length);
            LengthBytes += length;
            rest = rest[read..];
        }

        Append("\""u8);
        _isBehindValue = true;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        LengthBytes += bytes.Length;
    }

    private int PutComma(Span<byte> room)
    {
        room[0] = (byte)',';
        return _isBehindValue ? 1 : 0;
    }

    private Span<byte> Room(int bytes)
    {
        if (_buffer.Length - LengthBytes < bytes)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, checked(LengthBytes + bytes)));
        }

        return _buffer.AsSpan(LengthBytes);
    }
}
