using System.Globalization;
using System.Text;

namespace Cairn.Benchmarks.Workload;

/// <summary>
/// A concept of the benchmarks: id, one label, about 150 bytes of text, four typed attributes. Reusable; overwritten by <see cref="ConceptGenerator"/>.
/// </summary>
internal sealed class GeneratedConcept
{
    /// <summary>Bytes of the longest text.</summary>
    public const int MaxContentBytes = 200;

    private readonly byte[] _content = new byte[MaxContentBytes];

    /// <summary>UTF-8, as <see cref="IdOf"/>.</summary>
    public byte[] Id { get; } = new byte[IdBytes];

    /// <summary>Bytes of an id.</summary>
    public const int IdBytes = 7;

    public byte[] Label { get; set; } = [];

    public int ContentBytes { get; set; }

    public Span<byte> ContentBuffer => _content;

    public ReadOnlySpan<byte> Content => _content.AsSpan(0, ContentBytes);

    public long Salary { get; set; }

    public byte[] Role { get; set; } = [];

    public double Score { get; set; }

    public bool Active { get; set; }

    /// <summary>The id of the concept with this number: <c>c000042</c>.</summary>
    public static byte[] IdOf(int number)
    {
        var id = new byte[IdBytes];
        WriteId(number, id);
        return id;
    }

    /// <summary>Writes the id of the concept with this number.</summary>
    public static void WriteId(int number, Span<byte> id)
    {
        id[0] = (byte)'c';
        number.TryFormat(id[1..], out _, "D6", CultureInfo.InvariantCulture);
    }

    /// <summary>Bytes of the attributes' values: what a file of nothing but values would hold.</summary>
    public int AttributeBytes => sizeof(long) + Role.Length + sizeof(double) + sizeof(bool);

    /// <inheritdoc/>
    public override string ToString() => Encoding.UTF8.GetString(Id);
}
