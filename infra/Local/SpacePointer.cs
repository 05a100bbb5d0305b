using System.Globalization;
using System.Text;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Local;

/// <summary>The file <c>{space}/current</c>: three lines of text that name the life of a space.</summary>
internal static class SpacePointer
{
    private const string FirstLine = "cairn-space 1";

    /// <summary>Reads a pointer; null if there is none.</summary>
    /// <exception cref="CairnException">Corrupt: it makes no sense.</exception>
    public static SpaceRecord? Read(string path, SpaceName name)
    {
        if (ReadText(path)?.Split('\n') is not { } lines)
        {
            return null;
        }

        return lines.Length == 4 && lines[0] == FirstLine && lines[3].Length == 0
            && Incarnation.TryParse(lines[1], out var incarnation)
            && long.TryParse(lines[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var microseconds)
            ? new(name, incarnation, new(microseconds))
            : throw new CairnException(ErrorKind.Corrupt, $"{path} does not name a space's life");
    }

    public static byte[] Encode(SpaceRecord space) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{FirstLine}\n{space.Incarnation}\n{space.CreatedAt.Microseconds}\n"));

    // Asking whether a file exists gets a no for what may not be looked at, too; reading tells. Unknown spaces mostly have no folder.
    private static string? ReadText(string path)
    {
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            return null;
        }

        try
        {
            return File.ReadAllText(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
