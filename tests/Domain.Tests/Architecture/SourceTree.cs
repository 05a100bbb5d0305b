using System.Runtime.CompilerServices;

namespace Cairn.Domain.Tests.Architecture;

/// <summary>The repository's files as the architecture tests see them: paths are relative to its root, with '/'.</summary>
internal static class SourceTree
{
    private static readonly string Root = FindRoot();

    /// <returns>Files under <paramref name="folder"/>, without build output; empty if the folder does not exist.</returns>
    public static IReadOnlyList<string> Files(string folder, string pattern)
    {
        var absolute = Path.Combine(Root, folder);
        if (!Directory.Exists(absolute))
            return [];

        return [.. Directory.EnumerateFiles(absolute, pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "node_modules"))
            .Order(StringComparer.Ordinal)];
    }

    /// <returns>The absolute path of a file.</returns>
    public static string PathOf(string path) => Path.Combine(Root, path);

    public static string[] ReadLines(string path) => File.ReadAllLines(PathOf(path));

    public static string ReadText(string path) => File.ReadAllText(PathOf(path));

    public static byte[] ReadBytes(string path) => File.ReadAllBytes(PathOf(path));

    /// <returns>The file without whole-line comments: prose may name what code may not use.</returns>
    public static string ReadCode(string path) =>
        string.Join('\n', ReadLines(path).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));

    // The sources are read where they were compiled, else above the test assembly (a deterministic build maps paths).
    private static string FindRoot([CallerFilePath] string source = "")
    {
        foreach (var start in new[] { Path.GetDirectoryName(source), AppContext.BaseDirectory })
        {
            for (var folder = start; !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "Cairn.slnx")))
                    return folder;
            }
        }

        throw new DirectoryNotFoundException("Cairn.slnx is in no folder above the tests.");
    }
}
