# Writes the files of the status page into one C++ source. Run with -DFILES=PATH,PATH -DOUTPUT= -P.
# Their addresses carry a version, the hash of them all, so that browsers may keep them for ever.
string(REPLACE "," ";" files "${FILES}")
set(all "")
foreach(file IN LISTS files)
  file(READ "${file}" text)
  string(APPEND all "\n${text}")
endforeach()
string(SHA256 version "${all}")
string(SUBSTRING "${version}" 0 12 version)

file(WRITE "${OUTPUT}.new" "#include \"web/assets.h\"

namespace web {

std::string_view assets_version() {
  return \"${version}\";
}

const std::vector<Asset>& assets() {
  static const std::vector<Asset> all{
")
foreach(file IN LISTS files)
  file(READ "${file}" text)
  get_filename_component(name "${file}" NAME)
  # The modules import each other by the same address as the page does.
  string(REGEX REPLACE "(from '\\./[a-z]+\\.js)'" "\\1?${version}'" text "${text}")
  file(APPEND "${OUTPUT}.new" "      {\"${name}\", R\"asset(${text})asset\"},\n")
endforeach()
file(APPEND "${OUTPUT}.new" "  };\n  return all;\n}\n\n}  // namespace web\n")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
