using System.Text;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Storage.Lookups;

/// <summary>
/// What an index shows of a value: little enough to be indexed anywhere, and in such a way that equal values have equal images and that of two numbers, or two
/// instants, the lower one never has the higher image. So a condition on values, asked of images, finds all that it is true of. Pure.
/// </summary>
/// <remarks>
/// A number is a float64, the nearest to an int64; a text its first <see cref="TextLength"/> characters; bools and instants are themselves; an array has the images of its
/// scalars; of bytes and objects nothing shows but that they are there.
/// </remarks>
public static class LookupImage
{
    /// <summary>Characters of a text that show, in UTF-16.</summary>
    public const int TextLength = 128;

    // Whatever is set, and is no scalar and no array.
    private static readonly Value Other = Value.Object(System.Collections.ObjectModel.ReadOnlyDictionary<string, Value>.Empty);

    /// <summary>The image of a value that was read; null: it is null, which is as if it were missing.</summary>
    public static Value? Of(ValueView value) => value.Kind switch
    {
        ValueKind.Null => (Value?)null,
        ValueKind.Array => Items(value),
        _ => Scalar(value) ?? Other,
    };

    /// <summary>The image of a value of a condition; null: it has none.</summary>
    public static Value? Of(Value value) => value.Kind switch
    {
        ValueKind.Bool or ValueKind.Float64 or ValueKind.DateTime => value,
        ValueKind.Int64 => (double)value.AsInt64,
        ValueKind.String => Text(value.AsString),
        _ => (Value?)null,
    };

    /// <summary>The image of a text: its beginning, of whole characters.</summary>
    public static string Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= TextLength ? text
            : text[..(char.IsHighSurrogate(text[TextLength - 1]) ? TextLength - 1 : TextLength)];
    }

    private static Value? Scalar(ValueView value) => value.Kind switch
    {
        ValueKind.Bool => value.Bits != 0,
        ValueKind.Int64 => (double)value.Bits,
        ValueKind.Float64 => BitConverter.Int64BitsToDouble(value.Bits),
        ValueKind.String => Text(Encoding.UTF8.GetString(value.Bytes)),
        ValueKind.DateTime => new Primitives.Timestamp(value.Bits),
        _ => (Value?)null,
    };

    private static Value Items(ValueView array)
    {
        var images = new List<Value>();
        for (var items = array.Items(); items.TryRead(out var item);)
        {
            if (Scalar(item) is { } image)
            {
                images.Add(image);
            }
        }

        return images.ToArray();
    }
}
