using System.Buffers.Binary;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>
/// The body of a frame of embeddings: u8 length and the model's name, u16 dimensions, u32 count, then of each concept its id behind a u16 length, u64 hash of the text, and float32s.
/// </summary>
internal static class EmbeddingsBody
{
    /// <summary>Concepts of one frame at most.</summary>
    public const int MaxConcepts = 256;

    /// <summary>Bytes of a body at most, so that commits wait little for it; it holds a vector of any length.</summary>
    public const int MaxBytes = 256 * 1024;

    // Part of what is stored: another key would lose what was embedded.
    private static readonly KeyedHash ModelHash = new(0x6D6F64656C);

    /// <summary>What stands for a model in rows.</summary>
    /// <param name="model">Its name, UTF-8.</param>
    public static ulong KeyOf(ReadOnlySpan<byte> model) => ModelHash.Of(model);

    /// <summary>What stands for a model in rows; 0 for none.</summary>
    public static ulong KeyOf(string? model)
    {
        Span<byte> name = stackalloc byte[Limits.NameBytes];
        return model is null ? 0 : KeyOf(name[..System.Text.Encoding.UTF8.GetBytes(model, name)]);
    }

    /// <summary>Bytes of one concept's entry.</summary>
    public static int EntryBytes(int idBytes, int dimensions) => sizeof(ushort) + idBytes + sizeof(ulong) + (dimensions * sizeof(float));
}

/// <summary>Gathers the embeddings of one frame, up to the limits of <see cref="EmbeddingsBody"/>. One thread.</summary>
internal sealed class EmbeddingsWriter
{
    private readonly int _countAt;
    private readonly int _dimensions;
    private byte[] _bytes = new byte[4096];
    private int _length;

    /// <param name="model">The model's name, UTF-8, 1 to 128 bytes.</param>
    /// <param name="dimensions">Components of each vector, 1 to 4,096.</param>
    public EmbeddingsWriter(ReadOnlySpan<byte> model, int dimensions)
    {
        TextRules.RequireName(model, "model");
        Invariant.Require(dimensions is >= 1 and <= Limits.VectorDimensions, "a vector has 1 to 4,096 components");
        ByteWriting.Short(_bytes, model);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(1 + model.Length), (ushort)dimensions);
        (_dimensions, _countAt) = (dimensions, 1 + model.Length + sizeof(ushort));
        _length = _countAt + sizeof(uint);
    }

    /// <summary>Concepts so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds the embedding of a concept; false: the frame is full.</summary>
    /// <param name="id">UTF-8, 1 to 512 bytes.</param>
    /// <param name="textHash">Which text it is of.</param>
    /// <param name="vector">As many components as the frame says, finite.</param>
    public bool TryAdd(ReadOnlySpan<byte> id, ulong textHash, ReadOnlySpan<float> vector)
    {
        Invariant.Require(vector.Length == _dimensions, "all vectors of a frame are of one length");
        var length = _length + EmbeddingsBody.EntryBytes(id.Length, _dimensions);
        if (Count == EmbeddingsBody.MaxConcepts || length > EmbeddingsBody.MaxBytes)
        {
            return false;
        }

        if (length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(length, _bytes.Length * 2));
        }

        var rest = ByteWriting.Medium(_bytes.AsSpan(_length), id);
        BinaryPrimitives.WriteUInt64LittleEndian(rest, textHash);
        FieldPayload.WriteSingles(vector, rest[sizeof(ulong)..]);
        _length = length;
        Count++;
        return true;
    }

    /// <summary>The body; the writer begins anew.</summary>
    public byte[] Finish()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_countAt), Count);
        var body = _bytes[.._length];
        (Count, _length) = (0, _countAt + sizeof(uint));
        return body;
    }
}

/// <summary>Reads the body of a frame of embeddings. Allocates nothing.</summary>
/// <remarks>Every read may throw Corrupt: the bytes are malformed. How many there may be is the writer's business.</remarks>
internal ref struct EmbeddingsReader
{
    private ByteReader _reader;
    private int _left;

    /// <summary>Starts at the body's first byte.</summary>
    public EmbeddingsReader(ReadOnlySpan<byte> body)
    {
        _reader = new(body);
        Model = _reader.Short();
        Dimensions = _reader.UInt16();
        if (Model.Length is 0 or > Limits.NameBytes || Dimensions is 0 or > Limits.VectorDimensions)
        {
            Malformed.Throw("embeddings are of a model with a name, and have 1 to 4096 components");
        }

        var count = _reader.UInt32();
        _left = count <= (uint)(_reader.Left / EmbeddingsBody.EntryBytes(1, Dimensions)) ? (int)count : throw Malformed.Because("a frame counts more embeddings than it holds");
    }

    /// <summary>The model's name, UTF-8.</summary>
    public ReadOnlySpan<byte> Model { get; }

    /// <summary>Components of each vector.</summary>
    public int Dimensions { get; }

    /// <summary>Reads the next embedding; false behind the last.</summary>
    public bool TryRead(out EmbeddingView embedding)
    {
        embedding = default;
        if (_left == 0)
        {
            return _reader.Left == 0 ? false : throw Malformed.Because("bytes stand behind the embeddings");
        }

        _left--;
        embedding = new(OperationView.ReadId(ref _reader), _reader.UInt64(), _reader.Take(Dimensions * sizeof(float)));
        return true;
    }
}

/// <summary>One embedding where it lies.</summary>
/// <param name="id">The concept's, UTF-8.</param>
/// <param name="textHash">Which text it is of.</param>
/// <param name="vector">float32, little-endian.</param>
internal readonly ref struct EmbeddingView(ReadOnlySpan<byte> id, ulong textHash, ReadOnlySpan<byte> vector)
{
    /// <summary>The concept's, UTF-8.</summary>
    public ReadOnlySpan<byte> Id { get; } = id;

    /// <summary>Which text it is of.</summary>
    public ulong TextHash { get; } = textHash;

    /// <summary>float32, little-endian.</summary>
    public ReadOnlySpan<byte> Vector { get; } = vector;
}
