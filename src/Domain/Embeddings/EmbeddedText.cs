using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Cairn.Primitives;

namespace Cairn.Embeddings;

/// <summary>
/// Writes the text of a concept that is embedded: its parts, each in a line of its own, cut at <see cref="MaxBytes"/> between two characters. A pure function of the parts.
/// One use; not thread-safe.
/// </summary>
/// <remarks>
/// The parts, in this order: the id, unless it has the form of a UUID; the labels; the content if it is text; the attributes, all or those that the space names, in byte order of their
/// names, of each the string, or the strings of the array. Names of attributes are left out: they are the same in many concepts and would only make these alike. See docs/adr/0034-embeddings.md.
/// </remarks>
internal ref struct EmbeddedText
{
    /// <summary>Bytes of a text at most. A token of any model is at least one byte, and models that take long texts take 8,191 tokens or more.</summary>
    public const int MaxBytes = 8000;

    private const int UuidLength = 36;
    private readonly Span<byte> _buffer;
    private int _length;

    /// <param name="buffer">At least <see cref="MaxBytes"/> long.</param>
    public EmbeddedText(Span<byte> buffer)
    {
        Invariant.Require(buffer.Length >= MaxBytes, "the buffer holds a whole text");
        _buffer = buffer[..MaxBytes];
    }

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    /// <summary>No more fits: what is added leaves no trace.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The first eight bytes of a text's SHA-256, little-endian: which text a vector is of.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> text)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, digest);
        return BinaryPrimitives.ReadUInt64LittleEndian(digest);
    }

    /// <summary>Adds a concept's id, unless it is a UUID, which says nothing.</summary>
    public void AddId(scoped ReadOnlySpan<byte> id)
    {
        if (!(id.Length == UuidLength && Utf8Parser.TryParse(id, out Guid _, out var consumed, 'D') && consumed == UuidLength))
        {
            Add(id);
        }
    }

    /// <summary>Adds a part; an empty one leaves no trace.</summary>
    /// <param name="part">UTF-8.</param>
    public void Add(scoped ReadOnlySpan<byte> part)
    {
        var separator = _length > 0 ? 1 : 0;
        if (part.IsEmpty || IsFull)
        {
            return;
        }

        var room = _buffer.Length - _length - separator;
        IsFull = part.Length >= room;
        part = part.Length > room ? part[..CharactersIn(part, Math.Max(room, 0))] : part;
        if (!part.IsEmpty)
        {
            _buffer[_length] = (byte)'\n';
            part.CopyTo(_buffer[(_length + separator)..]);
            _length += separator + part.Length;
        }
    }

    // The most bytes, at most so many, that end with a whole character.
    private static int CharactersIn(scoped ReadOnlySpan<byte> part, int bytes)
    {
        while (bytes > 0 && (part[bytes] & 0xC0) == 0x80)
        {
            bytes--;
        }

        return bytes;
    }
}
